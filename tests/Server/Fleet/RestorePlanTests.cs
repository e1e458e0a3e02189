using Edge.Server.Fleet;

namespace Edge.Tests.Server.Fleet;

/// <summary>How long a pod with a lease waits after a restore for the end of a successor that nobody knows.</summary>
public sealed class RestorePlanTests
{
    private static readonly PodLease s_lease = new(TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(30));

    /// <summary>(300 s + 1.5 × 120 s + 30 s) × 1.01 + 5 s.</summary>
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(520.1);

    private static readonly NodeStanding s_silent = Node(silence: s_wait, reachedFor: null);

    [Fact]
    public void A_node_that_the_backup_does_not_know_is_given_the_whole_lease()
    {
        Assert.True(IsHeldBack(s_wait - TimeSpan.FromTicks(1)));
        Assert.False(IsHeldBack(s_wait));
    }

    [Fact]
    public void A_silent_node_is_given_the_whole_lease()
    {
        Assert.True(IsHeldBack(TimeSpan.FromDays(1), Node(silence: TimeSpan.FromSeconds(520), reachedFor: null)));
        Assert.False(IsHeldBack(TimeSpan.FromDays(1), s_silent));
    }

    [Fact]
    public void A_node_that_is_there_must_have_what_this_store_wants_and_the_time_to_end_the_rest()
    {
        var day = TimeSpan.FromDays(1);
        Assert.True(IsHeldBack(day, Node(TimeSpan.Zero, reachedFor: null)));
        Assert.True(IsHeldBack(day, Node(TimeSpan.Zero, TimeSpan.FromSeconds(90))));
        Assert.False(IsHeldBack(day, Node(TimeSpan.Zero, TimeSpan.FromSeconds(90.3))));
    }

    [Fact]
    public void One_node_is_enough_to_wait_for() =>
        Assert.True(IsHeldBack(
            TimeSpan.FromDays(1), s_silent, Node(TimeSpan.Zero, reachedFor: null), s_silent));

    [Fact]
    public void A_node_that_is_heard_of_more_rarely_may_run_for_longer()
    {
        var rare = s_silent with { KeepAlive = TimeSpan.FromSeconds(600) };
        Assert.True(IsHeldBack(TimeSpan.FromDays(1), rare));
        Assert.True(IsHeldBack(s_wait, rare with { ReachedFor = TimeSpan.FromDays(1) }));
    }

    private static NodeStanding Node(TimeSpan silence, TimeSpan? reachedFor) =>
        new(TimeSpan.FromSeconds(120), silence, reachedFor);

    private static bool IsHeldBack(TimeSpan uptime, params NodeStanding[] nodes) =>
        RestorePlan.IsHeldBack(s_lease, uptime, nodes);
}
