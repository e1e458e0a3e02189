using System.Text;
using Edge.Server.Schedule;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Schedule;

/// <summary>What preemption hears of PodDisruptionBudgets.</summary>
public sealed class BudgetFeedTests
{
    private readonly ClusterState _cluster = new();
    private readonly PendingPods _pending = new();
    private readonly ClusterFeed _feed;

    public BudgetFeedTests()
    {
        _feed = new ClusterFeed(_cluster, _pending, NullLogger.Instance);
        foreach (var node in (string[])["a", "b"])
        {
            _feed.ChangeNode(Put(Resources.Nodes.KeyOf(null, node), $$$"""
                {"metadata":{"name":"{{{node}}}"},"status":{"allocatable":{"cpu":"4","memory":"8Gi","pods":"1"},
                 "conditions":[{"type":"Ready","status":"True"}]}}
                """));
        }

        Pod("kept", 1, "a");
        Pod("other", 2, "b");
        Pod("high", 10, "");
    }

    [Fact]
    public void A_budget_that_allows_nothing_sends_preemption_elsewhere()
    {
        Budget(allowed: 0);
        Assert.Equal("b", Preempted());
    }

    [Fact]
    public void A_budget_with_room_protects_nobody()
    {
        Budget(allowed: 0);
        Budget(allowed: 1);
        Assert.Equal("a", Preempted());
    }

    [Fact]
    public void A_budget_that_is_gone_protects_nobody()
    {
        Budget(allowed: 0);
        var key = Resources.PodDisruptionBudgets.KeyOf("ns", "b");
        _feed.ChangeBudget(new Change(ChangeType.Delete, new StoredObject(key, 2, "{}"u8.ToArray()), null));
        Assert.Equal("a", Preempted());
    }

    private void Pod(string name, int priority, string node) => _feed.ChangePod(Put(
        Resources.Pods.KeyOf("ns", name), $$$"""
        {"metadata":{"name":"{{{name}}}","namespace":"ns","uid":"{{{name}}}","labels":{"app":"{{{name}}}"}},
         "spec":{"priority":{{{priority}}},"nodeName":"{{{node}}}","containers":[{"name":"c","image":"i"}]}}
        """));

    private void Budget(int allowed) => _feed.ChangeBudget(Put(
        Resources.PodDisruptionBudgets.KeyOf("ns", "b"), $$$"""
        {"metadata":{"name":"b","namespace":"ns"},"spec":{"selector":{"matchLabels":{"app":"kept"}} },
         "status":{"disruptionsAllowed":{{{allowed}}},"currentHealthy":1,"desiredHealthy":1,"expectedPods":1}}
        """));

    private string Preempted()
    {
        var outcome = new Placement(_cluster).Decide(_pending.Take()!, 0);
        return Assert.IsType<PlacementOutcome.Unplaceable>(outcome).Preemption!.Node;
    }

    private static Change Put(string key, string json) =>
        new(ChangeType.Put, new StoredObject(key, 1, Encoding.UTF8.GetBytes(json)), null);
}
