using Edge.Agent.Devices;
using Edge.Agent.Devices.Cdi;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Devices;

public sealed class DeviceGrantsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edge-devices-").FullName;
    private readonly DeviceGrants _grants;
    private GpuInventory _gpus = Inventory(Gpu("GPU-0"), Gpu("GPU-1"));

    public DeviceGrantsTests() =>
        _grants = new DeviceGrants(() => _gpus, _ => Task.CompletedTask, new CdiHost(_root, _root));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_container_gets_the_devices_that_were_chosen_for_it()
    {
        Put("usr/lib64/libcuda.so.570.1");
        File.CreateSymbolicLink(Path.Combine(_root, "usr/lib64/libcuda.so.1"), "libcuda.so.570.1");
        Put("usr/lib64/libcuda.so.575.9");
        Put("dev/nvidiactl");
        Put("usr/bin/nvidia-smi");

        var grant = await Give(Pod("one", "GPU-1"));

        Assert.Equal(["GPU-1"], grant.Ids);
        Assert.Equal(["/dev/nvidiactl", "/dev/nvidia1"], grant.Edits.DeviceNodes.Select(node => node.Path));
        Assert.Equal(["NVIDIA_VISIBLE_DEVICES=void"], grant.Edits.Env);
        Assert.Equal(
            ["/usr/lib64/libcuda.so.570.1", "/usr/lib64/libcuda.so.1", "/usr/bin/nvidia-smi"],
            grant.Edits.Mounts.Select(mount => mount.ContainerPath));
    }

    [Fact]
    public async Task A_driver_in_a_root_of_its_own_is_mounted_where_containers_look_for_it()
    {
        Put("run/nvidia/driver/usr/lib64/libcuda.so.570.1");
        Put("usr/lib64/libcuda.so.570.1");
        Put("dev/nvidiactl");
        var grants = new DeviceGrants(
            () => _gpus, _ => Task.CompletedTask, new CdiHost(_root, Path.Combine(_root, "run/nvidia/driver")));

        var grant = await grants.Give(Pod("one", "GPU-1"), Pod("one", "GPU-1").Spec.Containers[0], default);

        Assert.Equal(
            ($"{_root}/run/nvidia/driver/usr/lib64/libcuda.so.570.1", "/usr/lib64/libcuda.so.570.1"),
            (grant.Edits.Mounts.Single().HostPath, grant.Edits.Mounts.Single().ContainerPath));
        Assert.Equal(
            [("/dev/nvidiactl", $"{_root}/dev/nvidiactl"), ("/dev/nvidia1", $"{_root}/dev/nvidia1")],
            grant.Edits.DeviceNodes.Select(node => (node.Path, node.HostPath)));
    }

    [Fact]
    public async Task A_container_without_devices_cannot_ask_for_all_by_its_image()
    {
        var grant = await Give(Pod("none"));
        Assert.Equal(["NVIDIA_VISIBLE_DEVICES=void"], grant.Edits.Env);
        Assert.Empty(grant.Edits.DeviceNodes);

        _gpus = GpuInventory.None;
        Assert.True((await Give(Pod("none"))).Edits.IsEmpty);
    }

    [Fact]
    public async Task A_device_waits_until_the_pod_before_is_gone()
    {
        await Give(Pod("before", "GPU-0"));
        Assert.Equal("device GPU-0 is still held by another pod", await Refusal(Pod("after", "GPU-0")));
        _grants.Settle(Pod("before"), await Give(Pod("before", "GPU-0")));

        _grants.Saw([("before", "GPU-0"), ("other", "")]);
        Assert.Equal("device GPU-0 is still held by another pod", await Refusal(Pod("after", "GPU-0")));

        _grants.Saw([("other", "")]);
        Assert.Equal(["GPU-0"], (await Give(Pod("after", "GPU-0"))).Ids);
    }

    [Fact]
    public async Task What_is_being_made_is_not_forgotten_by_a_look_from_before()
    {
        var grant = await Give(Pod("one", "GPU-0"));
        _grants.Saw([]);
        _grants.Saw([]);
        _grants.Saw([]);
        Assert.Equal("device GPU-0 is still held by another pod", await Refusal(Pod("two", "GPU-0")));

        _grants.Settle(Pod("one"), grant);
        _grants.Saw([]);
        Assert.Equal("device GPU-0 is still held by another pod", await Refusal(Pod("two", "GPU-0")));
    }

    [Fact]
    public async Task What_could_not_be_made_holds_nothing_after_two_looks()
    {
        _grants.Settle(Pod("one"), await Give(Pod("one", "GPU-0")));
        _grants.Saw([]);
        _grants.Saw([]);
        Assert.Equal(["GPU-0"], (await Give(Pod("two", "GPU-0"))).Ids);
    }

    [Fact]
    public async Task A_container_that_left_gives_back_what_the_other_one_never_had()
    {
        _grants.Settle(Pod("one"), await Give(Pod("one", "GPU-0")));
        _grants.Saw([("one", "GPU-0")]);
        _grants.Settle(Pod("one"), await Give(Pod("one", "GPU-1")));
        _grants.Saw([("one", "GPU-1")]);
        Assert.Equal(["GPU-0"], (await Give(Pod("two", "GPU-0"))).Ids);
    }

    [Fact]
    public async Task A_shared_device_is_given_to_several_and_each_share_to_one()
    {
        _gpus = Inventory(Gpu("GPU-0") with { Shares = 2 });
        await Give(Pod("one", "GPU-0::0"));
        var grant = await Give(Pod("two", "GPU-0::1"));
        Assert.Equal(["GPU-0::1"], grant.Ids);
        Assert.Equal(["/dev/nvidia0"], grant.Edits.DeviceNodes.Select(node => node.Path));
        Assert.Equal("device GPU-0::1 is still held by another pod", await Refusal(Pod("three", "GPU-0::1")));
    }

    [Fact]
    public async Task What_was_given_stays_when_the_document_changes()
    {
        _gpus = Inventory(Gpu("GPU-0") with { Shares = 4, Resource = "nvidia.com/gpu.shared" }, Gpu("GPU-1"));
        foreach (var number in (int[])[0, 3])
        {
            _grants.Settle(Pod($"{number}"), await Give(Pod($"{number}", $"GPU-0::{number}")));
        }

        _grants.Settle(Pod("all"), await Give(Pod("all", "GPU-1")));
        _gpus = Inventory(Gpu("GPU-0"), Gpu("GPU-1") with { Shares = 4 });
        // Their containers begin again, whatever is offered now.
        await Give(Pod("0", "GPU-0::0"));
        await Give(Pod("3", "GPU-0::3"));
        await Give(Pod("all", "GPU-1"));
        Assert.Equal("device GPU-0 is still held by another pod", await Refusal(Pod("new", "GPU-0")));
        Assert.Equal("device GPU-1::0 is still held by another pod", await Refusal(Pod("new", "GPU-1::0")));
    }

    [Fact]
    public async Task What_cannot_be_given_is_refused_with_its_reason()
    {
        _gpus = Inventory(Gpu("GPU-0") with { Unhealthy = "Xid 79" }, Gpu("GPU-1"));
        Assert.Equal("device GPU-0 is not well: Xid 79", await Refusal(Pod("a", "GPU-0")));
        Assert.Contains("unresolvable CDI devices nvidia.com/gpu=GPU-9", await Refusal(Pod("b", "GPU-9")));
        Assert.Equal(
            "container \"main\" asks for 2 nvidia.com/gpu, and 1 were chosen for it",
            await Refusal(Pod("c", "GPU-1", 2)));
        var broken = Pod("d", "GPU-1");
        broken = broken with
        {
            Metadata = broken.Metadata with
            {
                Annotations = new Dictionary<string, string> { [PodDevices.Annotation] = "[]" },
            },
        };
        Assert.StartsWith("annotation edge/devices: ", await Refusal(broken));
        await Give(Pod("e", "GPU-1"));
    }

    [Fact]
    public async Task Devices_of_other_vendors_are_named_by_an_annotation()
    {
        Put("etc/cdi/camera.yaml", """
            cdiVersion: 0.3.0
            kind: vendor.example/camera
            devices: [{ name: front, containerEdits: { deviceNodes: [{ path: /dev/video0 }] } }]
            """);
        var pod = Pod("eye");
        pod = pod with
        {
            Metadata = pod.Metadata with
            {
                Annotations = new Dictionary<string, string> { ["cdi.k8s.io/eye"] = "vendor.example/camera=front" },
            },
        };
        var grant = await Give(pod);
        Assert.Equal(["/dev/video0"], grant.Edits.DeviceNodes.Select(node => node.Path));
    }

    [Fact]
    public async Task A_GPU_cannot_be_had_past_the_scheduler_by_an_annotation()
    {
        var pod = Pod("sly");
        pod = pod with
        {
            Metadata = pod.Metadata with
            {
                Annotations = new Dictionary<string, string> { ["cdi.k8s.io/gpu"] = "nvidia.com/gpu=all" },
            },
        };
        Assert.Equal(
            "device nvidia.com/gpu=all is asked for by resources.limits, not by an annotation", await Refusal(pod));
    }

    private Task<DeviceGrant> Give(Pod pod) => _grants.Give(pod, pod.Spec.Containers[0], default);

    private async Task<string> Refusal(Pod pod)
    {
        var refused = await Assert.ThrowsAsync<RuntimeException>(() => Give(pod));
        Assert.Equal(RuntimeReason.Refused, refused.Reason);
        return refused.Message;
    }

    private static GpuInventory Inventory(params GpuDevice[] devices) => new()
    {
        Driver = "570.1",
        Devices = [.. devices.Select((device, index) => device with { Index = index, Minor = index })],
    };

    private static GpuDevice Gpu(string uuid) => new() { Uuid = uuid };

    private static Pod Pod(string uid, string? id = null, int count = 1)
    {
        var pod = new Pod { Metadata = new ObjectMeta { Name = uid, Uid = uid }, Spec = new PodSpec() };
        var main = new Container { Name = "main" };
        if (id is null)
        {
            return pod with { Spec = pod.Spec with { Containers = [main] } };
        }

        var devices = new PodDevices(new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>>
        {
            ["main"] = new Dictionary<string, IReadOnlyList<string>> { [GpuDevice.Gpu] = [id] },
        });
        var limits = new Dictionary<string, Quantity> { [GpuDevice.Gpu] = Quantity.FromUnits(count) };
        return pod with
        {
            Metadata = pod.Metadata with
            {
                Annotations = new Dictionary<string, string> { [PodDevices.Annotation] = devices.ToString() },
            },
            Spec = pod.Spec with
            {
                Containers = [main with { Resources = new ResourceRequirements { Limits = limits } }],
            },
        };
    }

    private void Put(string path, string text = "")
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
