using Edge.Proto.Model;
using Edge.Server.Control.HorizontalPodAutoscalers;

namespace Edge.Tests.Server.Control.HorizontalPodAutoscalers;

/// <summary>The formula, in pods that should use 50m each.</summary>
public sealed class ReplicaCalculatorTests
{
    private static readonly DateTimeOffset s_now = Autoscaled.Start;

    [Theory]
    [InlineData(2, 4, 100, 100)]
    [InlineData(2, 4, 90, 90)]
    [InlineData(2, 2, 55, 55)]
    [InlineData(2, 3, 56, 56)]
    [InlineData(2, 2, 45, 45)]
    [InlineData(3, 2, 20, 30, 40)]
    [InlineData(1, 1, 1)]
    public void Replicas_follow_the_ratio_of_use_to_target_unless_it_is_close(
        int current, int wanted, params int[] used) =>
        Assert.Equal(wanted, Replicas(current, [.. used.Select(Ready)]));

    [Fact]
    public void A_pod_of_which_nothing_is_known_counts_as_full_when_pods_are_too_many() =>
        Assert.Equal(2, Replicas(4, [Ready(5), Ready(5), Ready(5), Unknown()]));

    [Fact]
    public void A_pod_of_which_nothing_is_known_counts_as_idle_when_pods_are_too_few() =>
        Assert.Equal(4, Replicas(3, [Ready(90), Ready(90), Unknown()]));

    [Fact]
    public void What_is_assumed_never_turns_a_change_round() =>
        Assert.Equal(3, Replicas(3, [Ready(60), Unknown(), Unknown()]));

    [Fact]
    public void At_its_target_a_lost_node_changes_nothing() =>
        Assert.Equal(3, Replicas(3, [Ready(50), Ready(50), Unknown()]));

    [Fact]
    public void A_pending_pod_counts_as_idle_when_pods_are_too_few_and_not_at_all_otherwise()
    {
        Assert.Equal(4, Replicas(3, [Ready(90), Ready(90), Pending()]));
        Assert.Equal(1, Replicas(3, [Ready(10), Ready(10), Pending()]));
    }

    [Fact]
    public void A_starting_pod_counts_once_a_whole_window_since_it_became_ready_was_measured()
    {
        Assert.Equal(["late"], Group(Ready(90) with { Name = "late", StartedAgo = 60, ReadyAgo = 10 }).Unready);
        Assert.Equal(1, Group(Ready(90) with { StartedAgo = 60, ReadyAgo = 20 }).Ready);
    }

    [Fact]
    public void After_five_minutes_only_a_pod_that_was_never_ready_does_not_count()
    {
        Assert.Equal(1, Group(Ready(90) with { StartedAgo = 400, ReadyAgo = 100, IsReady = false }).Ready);
        Assert.Equal(["p"], Group(Ready(90) with { StartedAgo = 400, ReadyAgo = 390, IsReady = false }).Unready);
    }

    [Fact]
    public void On_a_device_whose_clock_is_ahead_a_ready_pod_counts() =>
        Assert.Equal(1, Group(Ready(90) with { StartedAgo = -3600, ReadyAgo = -3599 }).Ready);

    [Fact]
    public void Memory_counts_from_the_first_moment() =>
        Assert.Equal(1, PodGroups.Of(
            [PodOf(Ready(1) with { StartedAgo = 5, ReadyAgo = 1 })], ValuesOf([Ready(1)]), "memory", s_now).Ready);

    [Fact]
    public void A_share_of_nothing_is_no_ratio() =>
        Assert.Null(ReplicaCalculator.ByUtilization(
            new Dictionary<string, long> { ["p"] = 5 }, new Dictionary<string, long> { ["p"] = 0 }, 50));

    [Fact]
    public void The_largest_numbers_that_a_node_may_say_do_not_overflow()
    {
        var values = Enumerable.Range(0, 50).ToDictionary(pod => $"p{pod}", _ => 100_000_000_000_000_000);
        var requests = values.ToDictionary(pair => pair.Key, _ => 1L);

        Assert.Equal(int.MaxValue, ReplicaCalculator.ByUtilization(values, requests, 50)?.Percent);
        Assert.Equal(100_000_000_000_000_000, ReplicaCalculator.ByAmount(values, 1).AverageMilli);
    }

    private static int Replicas(int current, IReadOnlyList<Given> given)
    {
        var named = given.Select((pod, at) => pod with { Name = $"p{at}" }).ToList();
        var groups = PodGroups.Of([.. named.Select(PodOf)], ValuesOf(named), "cpu", s_now);
        return ReplicaCalculator.Replicas(
            groups, current, new Tolerance(Tolerance.Default, Tolerance.Default),
            used => ReplicaCalculator.ByAmount(used, 50), _ => 50).Replicas;
    }

    private static PodGroups Group(Given pod) => PodGroups.Of([PodOf(pod)], ValuesOf([pod]), "cpu", s_now);

    private static Dictionary<string, MetricValue> ValuesOf(IEnumerable<Given> pods) =>
        pods.Where(pod => pod.Milli is not null).ToDictionary(
            pod => pod.Name, pod => new MetricValue(pod.Milli!.Value, s_now, TimeSpan.FromSeconds(15)));

    private static Given Ready(int milli) => new("p", milli);

    private static Given Unknown() => new("p", null);

    private static Given Pending() => new("p", null) { Phase = "Pending" };

    private static Pod PodOf(Given pod) => new()
    {
        Metadata = new ObjectMeta { Name = pod.Name },
        Status = new PodStatus
        {
            Phase = pod.Phase, StartTime = s_now.AddSeconds(-pod.StartedAgo),
            Conditions =
            [
                new Condition
                {
                    Type = "Ready", Status = pod.IsReady ? "True" : "False",
                    LastTransitionTime = s_now.AddSeconds(-pod.ReadyAgo),
                },
            ],
        },
    };

    /// <param name="Name">The pod's.</param>
    /// <param name="Milli">What it uses, null where nobody knows.</param>
    private sealed record Given(string Name, int? Milli)
    {
        public string Phase { get; init; } = "Running";

        public bool IsReady { get; init; } = true;

        public int StartedAgo { get; init; } = 3600;

        public int ReadyAgo { get; init; } = 3600;
    }
}
