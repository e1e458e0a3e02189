using Edge.Server.Schedule;

namespace Edge.Tests.Server.Schedule;

/// <summary>When a pod that fitted nowhere is tried again.</summary>
public sealed class PendingPodsTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly PendingPod _pod = new("u", 1, 0);

    private readonly PendingPods _pending = new();

    public PendingPodsTests()
    {
        _pending.Put("a", _pod);
        Assert.Equal("a", _pending.Take());
        _pending.Rest("a", TimeSpan.Zero);
    }

    [Fact]
    public void A_changed_spec_wakes_a_resting_pod_after_its_back_off()
    {
        _pending.Put("a", _pod with { Generation = 2 });
        Assert.Equal(_second, _pending.NextDue);
        Assert.Null(Taken(_second / 2));
        Assert.Equal("a", Taken(_second));
    }

    [Fact]
    public void The_same_spec_wakes_nothing()
    {
        _pending.Put("a", _pod);
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
        _pending.Rest("a", TimeSpan.FromMinutes(4));
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
        _pending.Put("a", _pod with { Uid = "v" });
        Assert.Equal("a", _pending.Take());
    }

    private string? Taken(TimeSpan now)
    {
        _pending.Promote(now);
        return _pending.Take();
    }
}
