using System.Collections.Immutable;
using System.Text;
using Edge.Agent.Devices;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;

namespace Edge.Tests.Agent.Reconcile;

public sealed class PodEntryTests
{
    private static readonly NodeFacts Facts = new("n", "192.0.2.1", 4000, 1 << 30, 1 << 30);

    private readonly PodEntry _entry = new("u");

    [Fact]
    public void A_decision_stands_when_the_pod_left_and_came_back_as_it_was()
    {
        _entry.Take(Desired(Pod("one")), Facts);
        _entry.Dirty = false;
        var again = Desired(Pod("one"));

        _entry.Take(again, Facts);

        Assert.False(_entry.Dirty);
        Assert.False(_entry.IsOutdated(again));
    }

    [Fact]
    public void A_decision_falls_when_the_pod_changed_and_nobody_looked_yet()
    {
        _entry.Take(Desired(Pod("one")), Facts);
        _entry.Dirty = false;

        Assert.True(_entry.IsOutdated(Desired(Pod("two"))));
    }

    [Fact]
    public void A_pod_that_was_left_alone_is_taken_up_when_it_is_as_before()
    {
        _entry.Take(Desired(Pod("one")), Facts);
        _entry.LeaveAlone(Desired("{"));

        _entry.Take(Desired(Pod("one")), Facts);

        Assert.False(_entry.LeftAlone);
    }

    [Fact]
    public void What_a_run_missed_is_forgotten_when_it_came_meanwhile()
    {
        _entry.Take(Desired(Pod("one")), Facts);
        _entry.Began();
        _entry.Take(Desired(Pod("one")).Add("configmaps/default/late", "{}"u8.ToArray()), Facts);

        _entry.Ended(new PodMemory { Obstacle = new Obstacle("FailedMount", "", DateTimeOffset.MaxValue) });

        Assert.Null(_entry.Memory.Obstacle);
    }

    [Fact]
    public void What_was_refused_for_its_device_is_tried_again_when_the_device_is_well()
    {
        HeldDevice device = new("c", "nvidia.com/gpu", "GPU-0", DeviceState.Broken, "XID 79", TimeSpan.Zero);
        _entry.SawDevices([device]);
        _entry.Ended(new PodMemory { Obstacle = new Obstacle("CreateContainerError", "", DateTimeOffset.MaxValue) });

        _entry.SawDevices([device with { Why = "GPU_IS_LOST" }]);
        Assert.NotNull(_entry.Memory.Obstacle);

        _entry.SawDevices([device with { State = DeviceState.Well, Why = null }]);
        Assert.Null(_entry.Memory.Obstacle);
    }

    private static ImmutableDictionary<string, byte[]> Desired(string pod) =>
        ImmutableDictionary<string, byte[]>.Empty.Add("pods/u", Encoding.UTF8.GetBytes(pod));

    private static string Pod(string image) =>
        $$$"""{"metadata":{"uid":"u","name":"p"},"spec":{"containers":[{"name":"c","image":"{{{image}}}"}]}}""";
}
