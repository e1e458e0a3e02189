using System.Text.Json.Nodes;
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

    [Fact]
    public void The_lowest_free_block_is_next_and_what_is_freed_is_given_again()
    {
        var blocks = new CidrBlocks();
        Assert.Equal("10.64.0.0/24", blocks.Next());
        blocks.Take("a", "10.64.0.0/24");
        blocks.Take("b", "10.64.2.0/24");
        blocks.Take("c", "garbage");
        Assert.Equal("10.64.1.0/24", blocks.Next());
        blocks.Take("d", "10.64.1.0/24");
        blocks.Take("e", "10.64.0.0/24");
        Assert.Equal("10.64.3.0/24", blocks.Next());
        blocks.Free("a");
        Assert.Equal("10.64.3.0/24", blocks.Next());
        blocks.Free("e");
        Assert.Equal("10.64.0.0/24", blocks.Next());
    }

    [Fact]
    public void There_are_as_many_blocks_as_the_range_holds()
    {
        var blocks = new CidrBlocks();
        var all = new HashSet<string>();
        while (blocks.Next() is { } next)
        {
            Assert.True(all.Add(next));
            blocks.Take(next, next);
        }

        Assert.Equal(CidrBlocks.Blocks, all.Count);
        Assert.Contains("10.127.255.0/24", all);
        blocks.Free("10.100.7.0/24");
        Assert.Equal("10.100.7.0/24", blocks.Next());
    }

    /// <summary>Steps come late: a node's block is not free because an older step does not show it.</summary>
    [Fact]
    public async Task Nodes_that_change_while_blocks_are_given_have_a_block_of_their_own()
    {
        await using var fixture = new StoreFixture();
        var objects = new Objects(fixture.Store, fixture.Clock, () => "uid");
        using var end = new CancellationTokenSource();
        var running = new NodeAddressing(objects, NullLogger<NodeAddressing>.Instance).Run(end.Token);
        for (var round = 0; round < 3; round++)
        {
            foreach (var node in Enumerable.Range(0, 20))
            {
                var change = $"{round}";
                if (round == 0)
                {
                    await fixture.Put(
                        Resources.Nodes.KeyOf(null, $"n{node}"), $$$"""{"metadata":{"name":"n{{{node}}}"} }""");
                }

                await objects.Update(Resources.Nodes, null, $"n{node}", tree =>
                {
                    tree["metadata"]!["labels"] = new JsonObject { ["round"] = change };
                    return tree;
                }, default);
            }
        }

        await Task.WhenAny(running, Given(objects, "n19", end.Token));
        var given = objects.List(Resources.Nodes).Select(node => node.Spec?.PodCIDR).ToList();
        Assert.Equal(20, given.Where(cidr => cidr is not null).Distinct().Count());
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
