using System.Text;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Images;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Runtime;

public sealed class OciSpecPlanTests
{
    private const string Passwd = "root:x:0:0::/root:/bin/sh\nweb:x:33:44::/:/bin/sh\n";
    private const string Groups = "root:x:0:\nlog:x:55:web,root\n";

    [Fact]
    public void A_plain_container_gets_kubernetes_defaults()
    {
        var spec = Plan(new PodSpec(), new Container { Name = "main" });

        Assert.Equal(["/start", "image-arg"], spec.Process.Args);
        Assert.Equal(14, spec.Process.Capabilities!.Effective.Count);
        Assert.Equal(["mount", "pid", "network", "ipc", "uts", "cgroup"], spec.Linux.Namespaces.Select(n => n.Type));
        Assert.Equal("/kubepods/besteffort/poduid/" + ContainerId.For("uid", "main", 0), spec.Linux.CgroupsPath);
        Assert.Equal(1000, spec.Process.OomScoreAdj);
        Assert.Equal(2UL, spec.Linux.Resources.Cpu!.Shares);
        Assert.Contains("/proc/kcore", spec.Linux.MaskedPaths);
        Assert.Contains(spec.Mounts, mount => mount is { Destination: "/dev/shm", Source: "/run/shm" });
        Assert.False(spec.Process.NoNewPrivileges);
        var json = Encoding.UTF8.GetString(OciSpecJson.Write(spec));
        Assert.Contains("\"additionalGids\":[0,55]", json, StringComparison.Ordinal);
        Assert.DoesNotContain("hostname", json.Replace("HOSTNAME", ""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "/start image-arg")]
    [InlineData("c", null, "c")]
    [InlineData(null, "a", "/start a")]
    [InlineData("c", "a", "c a")]
    public void Command_and_args_replace_entrypoint_and_cmd(string? command, string? args, string expected)
    {
        var container = new Container
        {
            Name = "main",
            Command = command is null ? null : [command],
            Args = args is null ? null : [args],
        };

        Assert.Equal(expected, string.Join(' ', Plan(new PodSpec(), container).Process.Args));
    }

    [Theory]
    [InlineData("500m", "1", "1Gi", "1Gi", "burstable/", 512, 100000L)]
    [InlineData("1", "1", "1Gi", "1Gi", "", 1024, 100000L)]
    [InlineData(null, "1500m", null, "1Gi", "", 1536, 150000L)]
    [InlineData("1m", null, null, null, "burstable/", 2, null)]
    public void Resources_decide_the_class_the_shares_and_the_quota(
        string? cpuRequest, string? cpuLimit, string? request, string? limit, string path, int shares, long? quota)
    {
        var container = new Container
        {
            Name = "main",
            Resources = new ResourceRequirements { Requests = Map(cpuRequest, request), Limits = Map(cpuLimit, limit) },
        };
        var spec = Plan(new PodSpec(), container);

        Assert.StartsWith($"/kubepods/{path}poduid/", spec.Linux.CgroupsPath, StringComparison.Ordinal);
        Assert.Equal((ulong)shares, spec.Linux.Resources.Cpu!.Shares);
        Assert.Equal(quota, spec.Linux.Resources.Cpu.Quota);
    }

    [Fact]
    public void A_privileged_container_gets_what_the_node_has_and_nothing_is_hidden()
    {
        var spec = Plan(new PodSpec { HostPID = true }, new Container
        {
            Name = "main",
            SecurityContext = new SecurityContext { Privileged = true },
        });

        Assert.Equal(["CAP_CHOWN", "CAP_SYS_ADMIN"], spec.Process.Capabilities!.Bounding);
        Assert.Empty(spec.Linux.MaskedPaths);
        Assert.True(Assert.Single(spec.Linux.Resources.Devices).Allow);
        Assert.DoesNotContain(spec.Linux.Namespaces, n => n.Type == "pid");
    }

    [Fact]
    public void A_container_that_looks_at_another_joins_its_processes()
    {
        var spec = OciSpecPlan.Plan(Input(new PodSpec(), new Container { Name = "look" }) with { TargetPid = 77 });
        Assert.Equal("/proc/77/ns/pid", spec.Linux.Namespaces.Single(entry => entry.Type == "pid").Path);
    }

    [Fact]
    public void Drop_comes_before_add()
    {
        Assert.Equal(["CAP_NET_BIND_SERVICE"], CapabilityPlan.For(false, ["NET_BIND_SERVICE"], ["ALL"], []));
        Assert.Equal(13, CapabilityPlan.For(false, null, ["CAP_CHOWN"], []).Count);
    }

    [Theory]
    [InlineData("", null, null, 0, 0, "0 55")]
    [InlineData("web", null, null, 33, 44, "44 55")]
    [InlineData("web:log", null, null, 33, 55, "55")]
    [InlineData("33", null, null, 33, 44, "44 55")]
    [InlineData("web", 1000L, null, 1000, 0, "0")]
    [InlineData("web", 33L, 7L, 33, 7, "7 55")]
    public void The_user_is_resolved_in_the_images_own_files(
        string image, long? user, long? group, int uid, int gid, string groups)
    {
        var container = new Container
        {
            SecurityContext = new SecurityContext { RunAsUser = user, RunAsGroup = group },
        };
        var resolved = UserPlan.Resolve(new Pod(), container, image, Passwd, Groups);

        Assert.Equal(((uint)uid, (uint)gid), (resolved.Uid, resolved.Gid));
        Assert.Equal(groups, string.Join(' ', resolved.AdditionalGids));
    }

    [Theory]
    [InlineData("", null, "image will run as root")]
    [InlineData("web", null, "non-numeric user (web)")]
    [InlineData("", 0L, "runAsUser breaks non-root policy")]
    [InlineData("nobody-here", null, "non-numeric user")]
    public void Non_root_is_enforced_in_kubelets_words(string image, long? user, string words)
    {
        var container = new Container
        {
            SecurityContext = new SecurityContext { RunAsUser = user, RunAsNonRoot = true },
        };
        var refused = Assert.Throws<RuntimeException>(() =>
            UserPlan.Resolve(new Pod(), container, image, Passwd + "nobody-here:x:9:9:::\n", Groups));

        Assert.Equal(RuntimeReason.Refused, refused.Reason);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private static OciSpec Plan(PodSpec pod, Container container) => OciSpecPlan.Plan(Input(pod, container));

    private static SpecInput Input(PodSpec pod, Container container) => new()
    {
        Request = new ContainerRequest
        {
            Pod = new Pod
            {
                Metadata = new ObjectMeta { Uid = "uid", Name = "pod", Namespace = "ns" },
                Spec = pod with { Containers = [container] },
            },
            Container = container,
            Attempt = 0,
            Image = new ImageRecord
            {
                Name = "docker.io/library/x:latest",
                Digest = "sha256:1",
                ConfigDigest = "sha256:2",
                ChainId = "",
                SizeBytes = 1,
                Config = new ImageConfig { Entrypoint = ["/start"], Cmd = ["image-arg"] },
            },
            Sandbox = new SandboxPaths { Net = "/n", Ipc = "/i", Uts = "/u", Shm = "/run/shm" },
        },
        User = UserPlan.Resolve(new Pod { Spec = pod }, container, "", Passwd, Groups),
        CgroupRoot = "/kubepods",
        NodeCapabilities = ["CAP_CHOWN", "CAP_SYS_ADMIN"],
        NodeMemoryBytes = 8L << 30,
    };

    private static Dictionary<string, Quantity> Map(string? cpu, string? memory)
    {
        var map = new Dictionary<string, Quantity>();
        if (cpu is not null)
        {
            map["cpu"] = Quantity.Parse(cpu);
        }

        if (memory is not null)
        {
            map["memory"] = Quantity.Parse(memory);
        }

        return map;
    }
}
