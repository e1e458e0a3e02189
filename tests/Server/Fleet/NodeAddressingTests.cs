using Edge.Server.Fleet;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Fleet;

/// <summary>Every node gets its own block of pod addresses.</summary>
public sealed class NodeAddressingTests
{
    [Fact]
    public async Task A_node_whose_object_does_not_read_keeps_its_block_and_others_get_theirs()
    {
        await using var fixture = new StoreFixture();
        var objects = new Objects(fixture.Store, fixture.Clock, () => "uid");
        await fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """
            {"metadata":{"name":"n1"},"spec":{"podCIDR":"10.64.0.0/24"},"status":[]}
            """);
        await fixture.Put(Resources.Nodes.KeyOf(null, "n2"), """{"metadata":{"name":"n2"}}""");
        using var end = new CancellationTokenSource();
        var running = new NodeAddressing(objects, NullLogger<NodeAddressing>.Instance).Run(end.Token);

        await Task.WhenAny(running, Given(objects, "n2", end.Token));

        Assert.False(running.IsCompleted);
        Assert.Equal("10.64.1.0/24", objects.Get(Resources.Nodes, null, "n2")?.Spec?.PodCIDR);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static async Task Given(Objects objects, string node, CancellationToken ct)
    {
        await foreach (var _ in objects.Store.Follow(Resources.Nodes.Prefix(), ct))
        {
            if (objects.Get(Resources.Nodes, null, node)?.Spec?.PodCIDR is not null)
            {
                return;
            }
        }
    }
}
