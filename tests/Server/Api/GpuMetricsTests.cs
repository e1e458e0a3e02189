using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Server.Api;

/// <summary>What GPUs say on the page of their node, by DCGM's names.</summary>
public sealed class GpuMetricsTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_nodes_page_shows_what_its_GPUs_say_and_who_has_them()
    {
        var asked = new List<string>();
        api.ReadUsage = (_, _) => Task.FromResult<NodeUsage?>(new NodeUsage());
        api.ReadGpus = (node, _) =>
        {
            asked.Add(node);
            return Task.FromResult<GpuInventory?>(Gpus());
        };
        await Node("gpu", new Dictionary<string, string> { [GpuInventory.Annotation] = "{}" });
        await Node("plain", null);
        await Pod("one", "gpu", "Running", "GPU-a", "GPU-b");
        await Pod("other", "gpu", "Running", "GPU-b");
        await Pod("past", "gpu", "Failed", "GPU-a");
        await Pod("elsewhere", "plain", "Running", "GPU-a");

        Assert.EndsWith(
            """
            # HELP DCGM_FI_DEV_POWER_USAGE Power in W.
            # TYPE DCGM_FI_DEV_POWER_USAGE gauge
            DCGM_FI_DEV_POWER_USAGE{FIRST} 60.9
            # HELP DCGM_FI_DEV_GPU_UTIL Time in which a kernel ran, in percent.
            # TYPE DCGM_FI_DEV_GPU_UTIL gauge
            DCGM_FI_DEV_GPU_UTIL{FIRST} 10
            DCGM_FI_DEV_GPU_UTIL{SECOND} 0
            # HELP DCGM_FI_DEV_XID_ERRORS The last XID that was heard.
            # TYPE DCGM_FI_DEV_XID_ERRORS gauge
            DCGM_FI_DEV_XID_ERRORS{FIRST} 31
            # HELP DCGM_FI_DEV_FB_USED Memory in use, in MiB.
            # TYPE DCGM_FI_DEV_FB_USED gauge
            DCGM_FI_DEV_FB_USED{FIRST} 3

            """.Replace("FIRST", s_first, StringComparison.Ordinal).Replace("SECOND", Second, StringComparison.Ordinal),
            await Page("gpu"), StringComparison.Ordinal);

        // Nobody asks a node that has none.
        Assert.DoesNotContain("DCGM", await Page("plain"), StringComparison.Ordinal);
        Assert.Equal(["gpu"], asked);
    }

    private static readonly string s_first =
        """
        gpu="0",UUID="GPU-a",pci_bus_id="00000000:1F:00.0",device="nvidia0",modelName="Tesla \"T4\"",Hostname="gpu",
        DCGM_FI_DRIVER_VERSION="550.54.15",container="c",namespace="default",pod="one"
        """.ReplaceLineEndings("");

    private const string Second =
        """
        gpu="1",UUID="GPU-b",Hostname="gpu",DCGM_FI_DRIVER_VERSION="550.54.15"
        """;

    private static GpuInventory Gpus() => new()
    {
        Driver = "550.54.15",
        Devices =
        [
            new GpuDevice
            {
                Uuid = "GPU-a", Minor = 0, Bus = "0000:1f:00.0", Product = "Tesla \"T4\"",
                Readings = new GpuReadings { Load = 10, Milliwatts = 60_900, MemoryUsedBytes = 3L << 20, Xid = 31 },
            },
            new GpuDevice { Uuid = "GPU-b", Index = 1, Readings = new GpuReadings { Load = 0 } },
            new GpuDevice { Uuid = "GPU-c", Index = 2, Unhealthy = "GPU_IS_LOST" },
        ],
    };

    private async Task<string> Page(string node)
    {
        var page = await api.Admin.GetAsync($"/api/v1/nodes/{node}/proxy/metrics");
        return await page.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private async Task Node(string name, Dictionary<string, string>? annotations) =>
        await api.Objects.Create(
            Resources.Nodes,
            new Node { Metadata = new ObjectMeta { Name = name, Annotations = annotations } }, default);

    private async Task Pod(string name, string node, string phase, params string[] devices) =>
        await api.Objects.Create(Resources.Pods, new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = name, Namespace = "default", Uid = $"uid-{name}",
                Annotations = new Dictionary<string, string>
                {
                    [PodDevices.Annotation] = new JsonObject
                    {
                        ["c"] = new JsonObject
                        {
                            [GpuDevice.Gpu] = new JsonArray([.. devices.Select(id => JsonValue.Create(id))]),
                        },
                    }.ToJsonString(),
                },
            },
            Spec = new PodSpec { NodeName = node, Containers = [new Container { Name = "c" }] },
            Status = new PodStatus { Phase = phase },
        }, default);
}
