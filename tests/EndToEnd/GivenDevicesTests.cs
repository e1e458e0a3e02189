using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// Pods that ask for GPUs run where there are some and have exactly those they were given, whatever ends in between.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class GivenDevicesTests(Fleet fleet, GpuNodes gpus) : IClassFixture<GpuNodes>, IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly DeviceSight s_none = new("void", "", "", "");

    private readonly Kubectl _kubectl = fleet.Kubectl;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (Parts.Missing() is null)
        {
            await _kubectl.Delete("pod", "-l", GpuNodes.Label);
        }
    }

    [SkippableFact]
    public async Task Each_pod_has_its_own_devices_and_can_open_no_other()
    {
        Fleet.Require();
        await Apply(
            GpuNodes.Pod("both", 2), GpuNodes.Pod("part-a", 1, GpuNodes.Part), GpuNodes.Pod("part-b", 1, GpuNodes.Part),
            GpuNodes.Pod("one", 1), GpuNodes.Pod("none", 0, node: gpus.Whole.Name),
            GpuNodes.Pod("elsewhere", 0, node: fleet.Nodes[0].Name));
        await Ready("both", "part-a", "part-b", "one", "none", "elsewhere");

        await Has("both", gpus.Whole, StubGpus.Uuid(0), StubGpus.Uuid(1));
        Assert.Equal(
            new DeviceSight("void", "/dev/nvidia0 /dev/nvidia1 /dev/nvidiactl", "195 0, 195 1, 195 255", ""),
            await gpus.Look("both"));
        await Has("one", gpus.Parted, GpuNodes.UuidOf(0));
        Assert.Equal(
            new DeviceSight("void", "/dev/nvidia0 /dev/nvidiactl", "195 0, 195 255", ""), await gpus.Look("one"));
        var first = (await gpus.Given("part-a")).Single() == GpuNodes.PartOf(0);
        await IsPart(first ? "part-a" : "part-b", 0);
        await IsPart(first ? "part-b" : "part-a", 1);
        Assert.Equal(s_none, await gpus.Look("none"));
        Assert.Equal(s_none with { Visible = "unset" }, await gpus.Look("elsewhere"));
    }

    [SkippableFact]
    public async Task An_allocation_outlives_the_agent_and_the_machine()
    {
        Fleet.Require();
        await Apply(
            GpuNodes.Pod("stays-a", 1, node: gpus.Whole.Name), GpuNodes.Pod("stays-b", 1, node: gpus.Whole.Name));
        await Ready("stays-a", "stays-b");
        var (a, b) = ((await gpus.Given("stays-a")).Single(), (await gpus.Given("stays-b")).Single());
        Assert.NotEqual(a, b);
        var (sight, tasks) = (await gpus.Look("stays-a"), await gpus.Whole.Tasks());

        await gpus.Whole.RestartAgent();
        await Apply(GpuNodes.Pod("third", 1, node: gpus.Whole.Name));
        await UntilRefused("third", "Insufficient nvidia.com/gpu");
        await gpus.Whole.Agent.Kill();
        gpus.Whole.Agent.Start();
        await Settled();
        Assert.Equal(tasks, await gpus.Whole.Tasks());

        await gpus.Whole.PowerCut();
        await gpus.Whole.PowerOn(connected: true);
        await Tool.Until(s_patience, "both run again", async () =>
            await gpus.Whole.Tasks() is { Count: 2 } now && !now.Values.Intersect(tasks.Values).Any());
        await Settled();
        Assert.Equal((a, b), ((await gpus.Given("stays-a")).Single(), (await gpus.Given("stays-b")).Single()));
        Assert.Equal(sight, await gpus.Look("stays-a"));
        Assert.NotEqual(sight, await gpus.Look("stays-b"));

        Assert.Equal("", await _kubectl.Field("pod/third", ".spec.nodeName"));
        await _kubectl.Delete("pod", "stays-a");
        await Ready("third");
        await Has("third", gpus.Whole, a);
        Assert.Equal(sight, await gpus.Look("third"));

        async Task Settled()
        {
            await Tool.Until(s_patience, "the agent answers", async () =>
                (await gpus.Whole.OnSite(["status"])) is { ExitCode: 0 } status
                && status.Output.Contains(" connected", StringComparison.Ordinal));
            await Ready("stays-a", "stays-b");
        }
    }

    [SkippableFact]
    public async Task What_cannot_be_given_is_refused_by_its_field_or_says_why_on_the_pod()
    {
        Fleet.Require();
        await Refused(
            GpuNodes.Pod("x", 1).Replace("gpu: 1", "gpu: 500m"),
            "spec.containers[0].resources.limits[nvidia.com/gpu]: Invalid value: \"500m\": must be an integer");
        await Refused(
            GpuNodes.Pod("x", 1).Replace("{ limits", "{ requests: { nvidia.com/gpu: 2 }, limits"),
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be equal to nvidia.com/gpu limit of 1");
        await Refused(
            GpuNodes.Pod("x", 1).Replace("limits", "requests"), "Limit must be set for non overcommitable resources");

        await Apply(GpuNodes.Pod("many", 9), GpuNodes.Pod("unheard", 1, "nvidia.com/mig-9g.99gb"));
        await UntilRefused("many", "0/5 nodes are available: 5 Insufficient nvidia.com/gpu.");
        await UntilRefused("unheard", "0/5 nodes are available: 5 Insufficient nvidia.com/mig-9g.99gb.");
    }

    [SkippableFact]
    public async Task A_device_that_cannot_be_given_on_the_node_is_named_and_holds_nothing()
    {
        Fleet.Require();
        var node = Path.Combine(gpus.PartedMachine.Root, "dev", "nvidia0");
        File.Delete(node);
        await Apply(GpuNodes.Pod("vanished", 1, node: gpus.Parted.Name));
        await UntilHindered("vanished", "/dev/nvidia0 is no device");
        Assert.Equal("True", await _kubectl.Field(
            $"node/{gpus.Parted.Name}", ".status.conditions[?(@.type=='Ready')].status"));
        await _kubectl.Delete("pod/vanished");
        await GpuNodes.MakeNode(gpus.PartedMachine, "nvidia0", 195, 0);

        gpus.PartedMachine.Put("etc/cdi/broken.yaml", "cdiVersion: [");
        await Apply(
            GpuNodes.Pod("sound", 1, node: gpus.Parted.Name),
            GpuNodes.Pod("camera", 0, node: gpus.Parted.Name).Replace(
                "metadata:\n", "metadata:\n  annotations: { cdi.k8s.io/eye: vendor.example/camera=front }\n"));
        await Ready("sound");
        await UntilHindered("camera", "unresolvable CDI devices vendor.example/camera=front");
        Assert.Contains("etc/cdi/broken.yaml", await Hindrance("camera"));

        gpus.PartedMachine.Put("etc/cdi/broken.yaml", """
            cdiVersion: 0.5.0
            kind: vendor.example/camera
            devices: [{ name: front, containerEdits: { env: [EYE=front] } }]
            """);
        await Ready("camera");
        Assert.Equal("front", await _kubectl.Do("exec", "camera", "--", "sh", "-c", "echo $EYE"));
        File.Delete(Path.Combine(gpus.PartedMachine.Root, "etc", "cdi", "broken.yaml"));
    }

    [SkippableFact]
    public async Task An_error_that_asks_for_it_begins_the_containers_of_its_GPU_again_and_no_others()
    {
        Fleet.Require();
        await Apply(GpuNodes.Pod("hit", 1, node: gpus.Whole.Name), GpuNodes.Pod("beside", 1, node: gpus.Whole.Name));
        await Ready("hit", "beside");
        var hit = (await gpus.Given("hit")).Single();
        var beside = (await gpus.Whole.Tasks()).Values;

        gpus.WholeMachine.Happen($"xid {(hit == StubGpus.Uuid(0) ? 0 : 1)} 94");
        await _kubectl.Until("pod/hit", ".status.containerStatuses[0].restartCount", "1", s_patience);
        await Ready("hit");
        Assert.Equal(hit, (await gpus.Given("hit")).Single());
        Assert.Equal("2", await _kubectl.Field($"node/{gpus.Whole.Name}", ".status.allocatable.nvidia\\.com/gpu"));
        Assert.Equal("0", await _kubectl.Field("pod/beside", ".status.containerStatuses[0].restartCount"));
        Assert.Single((await gpus.Whole.Tasks()).Values.Intersect(beside));
        gpus.WholeMachine.ForgetEvents();
    }

    [SkippableFact]
    public async Task A_pod_whose_GPU_is_taken_out_fails_and_its_Deployment_goes_on_with_a_GPU_of_another_node()
    {
        Fleet.Require();
        try
        {
            await Apply(GpuNodes.Pod("fills", 2));
            await Ready("fills");
            await Apply(Moving);
            await UntilMoving($"{gpus.Parted.Name} Running true");
            await _kubectl.Delete("pod", "fills");

            gpus.PartedMachine.Happen("xid 0 79");

            await UntilMoving($"{gpus.Parted.Name} Failed", $"{gpus.Whole.Name} Running true");
            Assert.Equal("DeviceUnhealthy", await Pods("{.items[?(@.status.phase=='Failed')].status.reason}"));
            Assert.Equal("0", await _kubectl.Field($"node/{gpus.Parted.Name}", ".status.allocatable.nvidia\\.com/gpu"));
            Assert.Contains(
                "XID 79", await _kubectl.Field($"node/{gpus.Parted.Name}", ".metadata.annotations.edge/gpu-list"));
        }
        finally
        {
            await _kubectl.Delete("deployment", "moves");
            await gpus.MendParted();
        }
    }

    private static string Moving =>
        $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: moves }
        spec:
          selector: { matchLabels: { app: moves } }
          template:
            metadata: { labels: { app: moves, devices: given } }
            spec:
              terminationGracePeriodSeconds: 1
              tolerations: [{ key: edge/device-unhealthy, operator: Exists, effect: NoExecute, tolerationSeconds: 0 }]
              containers:
                - name: main
                  image: {{TestImages.Reference(TestImages.Idle)}}
                  resources: { limits: { {{GpuNodes.Gpu}}: 1 } }
        """;

    private Task<string> Pods(string path) =>
        _kubectl.Do("get", "pods", "-l", "app=moves", "-o", $"jsonpath={path}");

    /// <summary>Where the Deployment's pods are, in which phase, and whether they are ready.</summary>
    private Task UntilMoving(params string[] pods) => Tool.Until(
        s_patience, $"pods are {string.Join(", ", pods)}", async () =>
        {
            const string each = "{range .items[*]}{.spec.nodeName} {.status.phase} "
                + "{.status.containerStatuses[0].ready}{'\\n'}{end}";
            var now = (await Pods(each)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Replace("Failed false", "Failed").Trim()).Order();
            return now.SequenceEqual(pods.Order());
        });

    private async Task IsPart(string pod, int index)
    {
        await Has(pod, gpus.Parted, GpuNodes.PartOf(index));
        var (instance, compute) = (3 + (2 * index), 4 + (2 * index));
        const string caps = "/dev/nvidia-caps/nvidia-cap";
        Assert.Equal(
            new DeviceSight(
                "void",
                $"/dev/nvidia1 /dev/nvidiactl {caps}{instance} {caps}{compute}",
                $"195 1, 195 255, 60 {instance}, 60 {compute}", ""),
            await gpus.Look(pod));
    }

    private async Task Has(string pod, FleetNode node, params string[] ids)
    {
        Assert.Equal(node.Name, await _kubectl.Field($"pod/{pod}", ".spec.nodeName"));
        Assert.Equal(ids, (await gpus.Given(pod)).Order());
    }

    private Task<string> Apply(params string[] manifests) => _kubectl.Apply(string.Join("\n---\n", manifests));

    private async Task Ready(params string[] pods)
    {
        foreach (var pod in pods)
        {
            await _kubectl.UntilPodReady(pod);
        }
    }

    private async Task Refused(string manifest, string complaint) =>
        Assert.Contains(complaint, (await _kubectl.TryWith(manifest, "apply", "-f", "-")).Failed());

    private Task UntilRefused(string pod, string why) => Tool.Until(s_patience, $"{pod} says {why}", async () =>
        (await _kubectl.Field($"pod/{pod}", ".status.conditions[?(@.type=='PodScheduled')].message"))
            .Contains(why, StringComparison.Ordinal));

    private Task UntilHindered(string pod, string why) => Tool.Until(s_patience, $"{pod} says {why}", async () =>
        (await Hindrance(pod)).Contains(why, StringComparison.Ordinal));

    private Task<string> Hindrance(string pod) =>
        _kubectl.Field($"pod/{pod}", ".status.containerStatuses[0].state.waiting.message");
}
