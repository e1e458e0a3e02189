using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Reconcile;

/// <summary>When a pod's lease is looked at: timers stand still while a machine sleeps.</summary>
public sealed class RoundSurroundingsTests
{
    private readonly RoundSurroundings _around;
    private TimeSpan? _since;

    public RoundSurroundingsTests() => _around = new RoundSurroundings(
        new FakeClock(), () => new NodeFacts("n", "192.0.2.1", 4000, 1 << 30, 1 << 30), () => _since, (_, _) => { });

    /// <summary>The lease is 300 s and one and a half keep-alives of 120 s; the grace is 40 s.</summary>
    [Theory]
    [InlineData(0, 120)]
    [InlineData(119, 1)]
    [InlineData(120, 30)]
    [InlineData(440, 30)]
    [InlineData(455, 25)]
    [InlineData(480, 30)]
    [InlineData(500, 20)]
    [InlineData(520, null)]
    public void A_lease_is_looked_at_after_a_silent_keep_alive_and_then_every_30_seconds(int since, int? next)
    {
        _since = TimeSpan.FromSeconds(since);
        Assert.Equal(next, (int?)_around.NextLeaseStage(Leased(seconds: 300))?.TotalSeconds);
    }

    [Fact]
    public void A_lease_that_is_over_before_the_silence_counts_is_looked_at_then()
    {
        var around = _around with { KeepAlive = () => TimeSpan.FromSeconds(600) };
        _since = TimeSpan.FromSeconds(10);
        Assert.Equal(590, around.NextLeaseStage(Leased(seconds: 0))?.TotalSeconds);
        _since = TimeSpan.FromSeconds(890);
        Assert.Equal(10, around.NextLeaseStage(Leased(seconds: 0))?.TotalSeconds);
    }

    [Fact]
    public void Where_there_is_no_lease_or_no_server_was_ever_heard_there_is_nothing_to_look_at()
    {
        _since = TimeSpan.FromSeconds(200);
        Assert.Null(_around.NextLeaseStage(null));
        Assert.Null(_around.NextLeaseStage(Leased(seconds: null)));
        _since = null;
        Assert.Null(_around.NextLeaseStage(Leased(seconds: 300)));
    }

    [Fact]
    public void A_pod_that_is_held_on_site_has_the_stages_of_a_lease_that_is_over_also_without_any_lease()
    {
        TimeSpan? held = null;
        var around = _around with { HeldFor = _ => held };
        var pod = Leased(seconds: null);
        Assert.Equal(0, around.LeaseStage(pod));
        held = TimeSpan.FromSeconds(5);
        Assert.Equal(1, around.LeaseStage(pod));
        Assert.Equal(35, around.NextLeaseStage(pod)?.TotalSeconds);
        held = TimeSpan.FromSeconds(40);
        Assert.Equal(2, around.LeaseStage(pod));
        Assert.Null(around.NextLeaseStage(pod));

        _since = TimeSpan.FromSeconds(0);
        held = TimeSpan.FromSeconds(5);
        Assert.Equal(1, around.LeaseStage(Leased(seconds: 300)));
        held = null;
        Assert.Equal(0, around.LeaseStage(Leased(seconds: 300)));
    }

    private static Pod Leased(long? seconds) => new()
    {
        Metadata = new ObjectMeta { Name = "pod" },
        Spec = new PodSpec
        {
            Containers = [],
            TerminationGracePeriodSeconds = 40,
            Tolerations = [new Toleration { Operator = "Exists", TolerationSeconds = seconds }],
        },
    };
}
