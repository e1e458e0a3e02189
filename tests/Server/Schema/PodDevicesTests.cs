using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

public sealed class PodDevicesTests
{
    private static readonly ResourceSchema s_pods = SchemaCatalog.Default.Find("", "v1", "pods")!;

    [Theory]
    [InlineData("GPU-0", "GPU-7", "GPU-0")]
    [InlineData("GPU-0", null, "GPU-0")]
    [InlineData(null, "GPU-7", null)]
    [InlineData(null, null, null)]
    public void Nobody_who_updates_a_pod_says_which_devices_it_has(string? before, string? said, string? after)
    {
        var kept = ObjectStrategy.PrepareForUpdate(s_pods, Pod(said), Pod(before));
        Assert.Equal(after, (string?)kept["metadata"]!["annotations"]?[PodDevices.Annotation]);
    }

    private static JsonObject Pod(string? devices)
    {
        var metadata = new JsonObject { ["name"] = "held" };
        if (devices is not null)
        {
            metadata["annotations"] = new JsonObject { [PodDevices.Annotation] = devices };
        }

        return new JsonObject { ["metadata"] = metadata, ["spec"] = new JsonObject() };
    }
}
