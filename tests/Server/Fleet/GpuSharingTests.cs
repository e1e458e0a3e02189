using System.Text;
using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Fleet;

namespace Edge.Tests.Server.Fleet;

/// <summary>Which document of the device plugin a node gets.</summary>
public sealed class GpuSharingTests
{
    private const string Document = "version: v1\nsharing:\n  timeSlicing: {}\n";

    [Theory]
    [InlineData("one", null, "one")]
    [InlineData("one two", null, null)]
    [InlineData("one any", null, "any")]
    [InlineData("any default one", null, "default")]
    [InlineData("any one", "one", "one")]
    public void The_key_is_the_labels_or_the_usual_or_the_only_one(string keys, string? label, string? chosen)
    {
        var choice = GpuSharingPlan.Choose([Map("config", keys.Split(' '))], Node(label));
        Assert.Equal(chosen is null ? null : $"ConfigMap gpu-operator/config, key {chosen}", choice?.From);
        Assert.Equal(chosen is null ? null : Document, choice?.Text);
    }

    [Fact]
    public void Of_several_maps_the_first_with_the_key_counts()
    {
        ConfigMap[] maps = [Map("all", "any"), Map("fine", "any", "tesla-t4")];
        Assert.Equal("ConfigMap gpu-operator/all, key any", GpuSharingPlan.Choose(maps, Node(null))?.From);
        Assert.Equal("ConfigMap gpu-operator/fine, key tesla-t4", GpuSharingPlan.Choose(maps, Node("tesla-t4"))?.From);
    }

    [Fact]
    public void What_a_label_names_and_nobody_has_is_said()
    {
        var expected = new GpuSharingChoice(
            "label nvidia.com/device-plugin.config=gone", null, "no ConfigMap has that key");
        Assert.Equal(expected, GpuSharingPlan.Choose([Map("config", "any")], Node("gone")));
    }

    [Fact]
    public void A_document_that_is_too_long_does_not_travel()
    {
        var map = Map("config", "any");
        var text = new string('#', NodeSettings.GpuSharingMax + 1);
        var choice = GpuSharingPlan.Choose(
            [map with { Data = new Dictionary<string, string> { ["any"] = text } }], Node(null));
        Assert.Null(choice!.Text);
        Assert.Equal("it is longer than 16384 characters", choice.Fault);
    }

    [Fact]
    public void A_node_without_GPUs_gets_none() =>
        Assert.Null(GpuSharingPlan.Choose([Map("config", "any")], new Node()));

    [Theory]
    [InlineData(Document, true)]
    [InlineData("version: v1\nflags:\n  migStrategy: mixed\n", true)]
    [InlineData("""{"version": "v1", "sharing": {}}""", true)]
    [InlineData("sharing: {}", true)]
    [InlineData("version: v1\nmig-configs:\n  all-disabled: []\n", false)]
    [InlineData("flags: --verbose", false)]
    public void Documents_are_told_from_what_lies_beside_them(string text, bool isOne) =>
        Assert.Equal(isOne, GpuSharingPlan.IsDocument(text));

    [Fact]
    public void The_document_travels_with_the_nodes_settings_and_only_where_there_is_one()
    {
        var plain = Settings(DesiredPlan.Of(Node(null), [], _ => null));
        Assert.DoesNotContain("gpuSharing", plain);
        var settings = JsonSerializer.Deserialize(
            Settings(DesiredPlan.Of(
                Node(null), [], _ => null, sharing: GpuSharingPlan.Choose([Map("config", "any")], Node(null)))),
            ModelJson.Default.NodeSettings)!;
        Assert.Equal(Document, settings.GpuSharing);
        Assert.Equal("ConfigMap gpu-operator/config, key any", settings.GpuSharingFrom);
    }

    private static string Settings(IReadOnlyList<Edge.Proto.Sync.MapEntry> entries) =>
        Encoding.UTF8.GetString(entries.Single(entry => entry.Key == "node").Value.Span);

    private static ConfigMap Map(string name, params string[] keys) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "gpu-operator" },
        Data = keys.ToDictionary(key => key, _ => Document),
    };

    private static Node Node(string? label) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "n",
            Labels = label is null ? null : new Dictionary<string, string> { [GpuSharingPlan.Label] = label },
            Annotations = new Dictionary<string, string> { [GpuInventory.Annotation] = "{}" },
        },
    };
}
