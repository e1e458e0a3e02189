using Edge.Proto.Model;
using Edge.Server.Schedule;
using Edge.Server.Schedule.Demand;

namespace Edge.Tests.Server.Schedule;

/// <summary>When a pod that fitted nowhere is tried again.</summary>
public sealed class PendingPodsTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly PodDemand _demand = PodDemand.From(new Pod());

    private readonly PendingPods _pending = new();

    public PendingPodsTests()
    {
        _pending.Put(Pod("u", 1));
        Assert.Equal("a", _pending.Take()?.Key);
        _pending.Rest("a", RejectedBy.Fit, TimeSpan.Zero);
    }

    [Fact]
    public void A_changed_spec_wakes_a_resting_pod_after_its_back_off()
    {
        _pending.Put(Pod("u", 2));
        Assert.Equal(_second, _pending.NextDue);
        Assert.Null(Taken(_second / 2));
        Assert.Equal("a", Taken(_second));
    }

    [Fact]
    public void The_same_spec_wakes_nothing()
    {
        _pending.Put(Pod("u", 1));
        Assert.Null(Taken(TimeSpan.FromMinutes(4)));
    }

    [Fact]
    public void A_pod_is_tried_again_after_five_minutes_whatever_happened()
    {
        Assert.Equal(TimeSpan.FromMinutes(5), _pending.NextDue);
        Assert.Null(Taken(TimeSpan.FromMinutes(5) - _second));
        Assert.Equal("a", Taken(TimeSpan.FromMinutes(5)));
        Assert.Null(_pending.NextDue);
    }

    [Fact]
    public void The_five_minutes_count_from_the_last_attempt()
    {
        _pending.WakeAll();
        Assert.Equal("a", Taken(TimeSpan.FromMinutes(4)));
        _pending.Rest("a", RejectedBy.Fit, TimeSpan.FromMinutes(4));
        Assert.Null(Taken(TimeSpan.FromMinutes(6)));
        Assert.Equal("a", Taken(TimeSpan.FromMinutes(9)));
    }

    [Fact]
    public void A_pod_that_left_is_not_due()
    {
        _pending.Remove("a");
        Assert.Null(_pending.NextDue);
        Assert.Null(Taken(TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public void Another_pod_under_the_name_is_tried_at_once()
    {
        _pending.Put(Pod("v", 1));
        Assert.Equal("a", _pending.Take()?.Key);
    }

    [Fact]
    public void A_pod_that_left_and_came_again_is_taken_once()
    {
        _pending.Put(Pod("v", 1));
        _pending.Remove("a");
        _pending.Put(Pod("v", 1));
        _pending.Put(Pod("w", 1));
        Assert.Equal("w", _pending.Take()?.Uid);
        Assert.Null(_pending.Take());
    }

    [Fact]
    public void A_pod_that_was_taken_is_not_taken_again_before_it_rested()
    {
        _pending.Put(Pod("v", 1));
        Assert.Equal("a", _pending.Take()?.Key);
        _pending.Put(Pod("v", 2));
        _pending.WakeAll();
        Assert.Null(Taken(TimeSpan.FromHours(1)));
        _pending.Rest("a", RejectedBy.Fit, TimeSpan.FromHours(1));
        Assert.Equal("a", Taken(TimeSpan.FromHours(2)));
    }

    private string? Taken(TimeSpan now)
    {
        _pending.Promote(now);
        return _pending.Take()?.Key;
    }

    private static PodFacts Pod(string uid, long generation) => new()
    {
        Key = "a",
        Revision = generation,
        Name = "a",
        Uid = uid,
        Generation = generation,
        Demand = _demand,
        Node = null,
        NominatedNode = null,
        IsFinished = false,
        IsTerminating = false,
        IsPreempted = false,
        Started = 0,
        IsOurs = true,
    };
}
