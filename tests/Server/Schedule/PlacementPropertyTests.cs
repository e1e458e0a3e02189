using Edge.Proto.Model;
using Edge.Server.Schedule;
using Edge.Server.Schedule.Filters;
using Edge.Server.Schedule.Scores;
using Edge.Server.Schedule.Topology;

namespace Edge.Tests.Server.Schedule;

/// <summary>What must hold whatever happens to a fleet. A seed that fails fails again.</summary>
public sealed class PlacementPropertyTests
{
    private const int Steps = 400;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Counters_answer_as_a_walk_over_all_pods_does(int seed)
    {
        var fleet = new RandomFleet(seed);
        for (var step = 0; step < Steps; step++)
        {
            fleet.Step();
            if (step % 4 == 0)
            {
                AssertSameAnswers(fleet, $"seed {seed}, step {step}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Placing_never_overfills_a_node_and_preempts_only_lower_priority(int seed)
    {
        var fleet = new RandomFleet(seed);
        var placement = new Placement(fleet.Cluster);
        for (var node = 0; node < 6; node++)
        {
            fleet.PutNode($"n{node}");
        }

        var preempted = 0;
        for (var step = 0; step < Steps; step++)
        {
            var pod = fleet.NewPod();
            var facts = fleet.Facts(pod);
            switch (placement.Decide(facts, step % fleet.Nodes.Count))
            {
                case PlacementOutcome.Placed placed:
                    Assert.Null(fleet.Slow.Rejects(pod, fleet.Nodes[placed.Node]));
                    fleet.Put(pod with { Spec = pod.Spec with { NodeName = placed.Node } });
                    break;
                case PlacementOutcome.Unplaceable { Preemption: { } plan }:
                    preempted++;
                    Assert.NotEmpty(plan.Victims);
                    Assert.All(plan.Victims, victim => Assert.True(victim.Demand.Priority < facts.Demand.Priority));
                    foreach (var victim in plan.Victims)
                    {
                        Assert.Equal(plan.Node, victim.Node);
                        fleet.Remove(victim.Key);
                    }

                    // With them gone it fits where they were.
                    var prepared = fleet.Cluster.Prepare(facts.Demand);
                    Assert.Null(Placement.Check(fleet.Cluster, prepared, facts, fleet.Cluster.Node(plan.Node)!, out _));
                    break;
            }

            foreach (var node in fleet.Cluster.Nodes)
            {
                Assert.True(node.Allocatable.Covers(node.Requested), $"{node.Name} is overfull");
                Assert.True(node.Pods <= node.PodsMax);
            }

            if (step % 40 == 0)
            {
                AssertSameAnswers(fleet, $"seed {seed}, step {step}");
            }
        }

        Assert.True(preempted > 0);
    }

    private static void AssertSameAnswers(RandomFleet fleet, string when)
    {
        var pod = fleet.NewPod();
        var prepared = fleet.Cluster.Prepare(fleet.Facts(pod).Demand);
        var slow = fleet.Slow;
        foreach (var view in fleet.Cluster.Nodes)
        {
            var answer = Spread.Check(prepared, view) ?? NearPods.Check(prepared, view);
            Assert.True(slow.Rejects(pod, fleet.Nodes[view.Name]) == answer?.Reasons[0],
                $"{when}: {view.Name} said {answer?.Reasons[0]}");
            Assert.Equal(
                answer is null, Spread.Passes(prepared, view.Slot) && NearPods.Passes(prepared, view.Slot));
        }

        AssertSameScores(fleet, pod, prepared, when);
    }

    private static void AssertSameScores(RandomFleet fleet, Pod pod, PreparedPod prepared, string when)
    {
        var views = fleet.Cluster.Nodes.ToList();
        if (views.Count == 0)
        {
            return;
        }

        var scores = new long[views.Count];
        PreferredPods.Fill(prepared, views, scores);
        var slow = fleet.Slow;
        var expected = views.Select(view => slow.Attraction(pod, fleet.Nodes[view.Name])).ToArray();
        Scaling.BetweenMinAndMax(expected);
        Assert.True(expected.SequenceEqual(scores), when);
    }
}
