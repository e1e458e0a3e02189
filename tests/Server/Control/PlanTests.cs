using Edge.Proto.Model;
using Edge.Server.Control.Nodes;
using Edge.Server.Control.Pods;

namespace Edge.Tests.Server.Control;

/// <summary>Decisions about nodes' taints and about pods that nobody ends.</summary>
public sealed class PlanTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("True", "")]
    [InlineData("False", "not-ready:NoSchedule not-ready:NoExecute")]
    [InlineData("Unknown", "unreachable:NoSchedule unreachable:NoExecute")]
    [InlineData(null, "not-ready:NoSchedule not-ready:NoExecute")]
    public void Ready_decides_whether_pods_may_come_and_stay(string? ready, string taints) =>
        Assert.Equal(taints, Names(NodesPlan.Taints(NodeWith(ready), _now)));

    [Fact]
    public void A_cordon_and_pressure_repel_new_pods_only()
    {
        var node = NodeWith("True", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable") with
        {
            Spec = new NodeSpec { Unschedulable = true },
        };
        Assert.Equal(
            "unschedulable:NoSchedule memory-pressure:NoSchedule disk-pressure:NoSchedule pid-pressure:NoSchedule "
            + "network-unavailable:NoSchedule",
            Names(NodesPlan.Taints(node, _now)));
    }

    [Fact]
    public void Taints_of_others_stay_and_ours_go_with_their_cause()
    {
        var foreign = new Taint { Key = "dedicated", Value = "press", Effect = "NoSchedule" };
        var old = new Taint { Key = "node.kubernetes.io/unreachable", Effect = "NoExecute" };
        var node = NodeWith("True") with { Spec = new NodeSpec { Taints = [old, foreign] } };
        Assert.Equal([foreign], NodesPlan.Taints(node, _now));
    }

    [Fact]
    public void A_taint_that_stays_keeps_its_time()
    {
        var first = NodesPlan.Taints(NodeWith("False"), _now);
        var node = NodeWith("False") with { Spec = new NodeSpec { Taints = first } };
        Assert.Equal(first, NodesPlan.Taints(node, _now.AddHours(1)));
        Assert.All(first, taint => Assert.Equal(_now, taint.TimeAdded));
    }

    [Theory]
    [InlineData(false, false, nameof(NodeLife.Absent), nameof(PodStep.Keep))]
    [InlineData(false, true, nameof(NodeLife.Absent), nameof(PodStep.Remove))]
    [InlineData(true, false, nameof(NodeLife.Present), nameof(PodStep.Keep))]
    [InlineData(true, true, nameof(NodeLife.Present), nameof(PodStep.Keep))]
    [InlineData(true, false, nameof(NodeLife.Absent), nameof(PodStep.Suspect))]
    [InlineData(true, true, nameof(NodeLife.Absent), nameof(PodStep.Suspect))]
    [InlineData(true, false, nameof(NodeLife.OutOfService), nameof(PodStep.Keep))]
    [InlineData(true, true, nameof(NodeLife.OutOfService), nameof(PodStep.Remove))]
    public void A_pod_goes_when_no_node_can_end_it(bool isBound, bool deleted, string node, string step) =>
        Assert.Equal(step, PodsPlan.Decide(isBound, deleted, Enum.Parse<NodeLife>(node)).ToString());

    [Theory]
    [InlineData("True", nameof(NodeLife.Present))]
    [InlineData("Unknown", nameof(NodeLife.OutOfService))]
    [InlineData("False", nameof(NodeLife.OutOfService))]
    [InlineData(null, nameof(NodeLife.OutOfService))]
    public void A_node_out_of_service_is_one_that_is_not_ready_as_well(string? ready, string life)
    {
        var taint = new Taint { Key = "node.kubernetes.io/out-of-service", Effect = "NoExecute" };
        var node = NodeWith(ready) with { Spec = new NodeSpec { Taints = [taint] } };
        Assert.Equal(life, PodsPlan.LifeOf(node).ToString());
        Assert.Equal(NodeLife.Present, PodsPlan.LifeOf(NodeWith(ready)));
    }

    private static string Names(IReadOnlyList<Taint> taints) =>
        string.Join(' ', taints.Select(taint => $"{taint.Key.Split('/')[^1]}:{taint.Effect}"));

    private static Node NodeWith(string? ready, params string[] pressures) => new()
    {
        Metadata = new ObjectMeta { Name = "n1" },
        Status = new NodeStatus
        {
            Conditions =
            [
                .. ready is null ? [] : new[] { new Condition { Type = "Ready", Status = ready } },
                .. pressures.Select(type => new Condition { Type = type, Status = "True" }),
            ],
        },
    };
}
