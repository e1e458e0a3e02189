using Edge.Proto.Model;
using Edge.Server.Fleet;
using Edge.Server.Store;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Fleet;

/// <summary>Which ConfigMaps say how GPUs are shared, and when they are looked at again.</summary>
public sealed class GpuSharingMapsTests : IAsyncDisposable
{
    private static readonly Node s_node = new()
    {
        Metadata = new ObjectMeta
        {
            Name = "n", Annotations = new Dictionary<string, string> { [GpuInventory.Annotation] = "{}" },
        },
    };

    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private int _uids;

    public GpuSharingMapsTests() => _objects = new Objects(_fixture.Store, _fixture.Clock, () => $"uid-{++_uids}");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Documents_are_looked_for_where_the_manuals_have_them_made_and_nowhere_else()
    {
        var maps = new GpuSharingMaps(_objects, null);
        await Put("team", "config", "sharing: {}");
        await Put("gpu-operator", "default-mig-parted-config", "version: v1\nmig-configs: {}");
        Assert.False(maps.Refresh());
        Assert.Null(maps.For(s_node));

        await Put("kube-system", "plugin", "sharing: {}");
        Assert.True(maps.Refresh());
        Assert.Equal("ConfigMap kube-system/plugin, key any", maps.For(s_node)?.From);
        await Put("gpu-operator", "time-slicing", "sharing: {}");
        Assert.True(maps.Refresh());
        Assert.Equal("ConfigMap gpu-operator/time-slicing, key any", maps.For(s_node)?.From);
        Assert.False(maps.Refresh());
    }

    [Fact]
    public async Task A_setting_names_the_one_that_counts()
    {
        var maps = new GpuSharingMaps(_objects, "team/config");
        await Put("gpu-operator", "time-slicing", "sharing: {}");
        Assert.False(maps.Refresh());
        await Put("team", "config", "nonsense, which the node says");
        Assert.True(maps.Refresh());
        Assert.Equal("ConfigMap team/config, key any", maps.For(s_node)?.From);
        Assert.True(maps.Means(Resources.ConfigMaps.Prefix(), Changed("team/config")));
        Assert.False(maps.Means(Resources.ConfigMaps.Prefix(), Changed("gpu-operator/time-slicing")));
    }

    [Theory]
    [InlineData("gpu-operator/any", true)]
    [InlineData("kube-system/any", true)]
    [InlineData("gpu-operators/any", false)]
    [InlineData("default/gpu-operator", false)]
    public void Only_changes_in_those_namespaces_matter(string name, bool matters) =>
        Assert.Equal(
            matters, new GpuSharingMaps(_objects, null).Means(Resources.ConfigMaps.Prefix(), Changed(name)));

    [Fact]
    public void A_change_of_another_kind_does_not_matter() =>
        Assert.False(new GpuSharingMaps(_objects, null).Means(
            Resources.Secrets.Prefix(), new FollowStep.Listed(_fixture.Store.List(Resources.Secrets.Prefix()))));

    private static FollowStep.Changed Changed(string name) => new(new Change(
        ChangeType.Put, new StoredObject(Resources.ConfigMaps.Prefix() + name, 1, "{}"u8.ToArray()), null));

    private async Task Put(string ns, string name, string text) =>
        await _objects.Create(Resources.ConfigMaps, new ConfigMap
        {
            Metadata = new ObjectMeta { Namespace = ns, Name = name },
            Data = new Dictionary<string, string> { ["any"] = text },
        }, default);
}
