using Edge.Agent.Devices.Gpu;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Devices;

/// <summary>Who is well, from look to look and event to event.</summary>
public sealed class GpuHealthPlanTests
{
    private static readonly XidRules s_rules = new(null, null, ["94"]);

    private GpuHealth _health = GpuHealth.None;

    [Fact]
    public void A_GPU_that_an_XID_took_out_is_back_after_three_looks_that_find_nothing_to_do()
    {
        Look(Gpu("a", 0), Gpu("b", 1));
        Assert.Equal(GpuOutcome.TakeOut, Xid("b", 79));
        Assert.Equal("a: -, b: XID 79", State);

        Look(Gpu("a", 0), Gpu("b", 1));
        Look(Gpu("a", 0), Gpu("b", 1));
        Assert.Equal("a: -, b: XID 79", State);
        Look(Gpu("a", 0), Gpu("b", 1));
        Assert.Equal("a: -, b: -", State);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(null)]
    public void It_stays_out_while_its_driver_wants_something_done_or_cannot_say(int? recovery)
    {
        Look(Gpu("a", 0));
        Xid("a", 48);
        for (var look = 0; look < 10; look++)
        {
            Look(Gpu("a", 0, recovery));
        }

        Assert.Equal("a: XID 48", State);
    }

    [Fact]
    public void One_bad_look_between_begins_the_count_again()
    {
        Look(Gpu("a", 0));
        Look(Gpu("a", 0) with { Unhealthy = "GPU_IS_LOST" });
        Look(Gpu("a", 0));
        Look(Gpu("a", 0));
        Look(Gpu("a", 0) with { Unhealthy = "GPU_IS_LOST" });
        Look(Gpu("a", 0));
        Look(Gpu("a", 0));
        Assert.Equal("a: GPU_IS_LOST", State);
        Look(Gpu("a", 0, recovery: null));
        Assert.Equal("a: -", State);
    }

    [Fact]
    public void Another_XID_begins_the_count_again()
    {
        Look(Gpu("a", 0));
        Xid("a", 79);
        Look(Gpu("a", 0));
        Look(Gpu("a", 0));
        Xid("a", 74);
        Look(Gpu("a", 0));
        Look(Gpu("a", 0));
        Assert.Equal("a: XID 74", State);
    }

    [Fact]
    public void Looks_that_events_ask_for_bring_nobody_back()
    {
        Look(Gpu("a", 0), Gpu("b", 1));
        Xid("a", 79);
        Look(Gpu("a", 0), Gpu("b", 1));
        Look(Gpu("a", 0), Gpu("b", 1));
        for (var others = 0; others < 10; others++)
        {
            Take(new GpuInventory { Devices = [Gpu("a", 0), Gpu("b", 1)] }, counts: false);
        }

        Assert.Equal("a: XID 79, b: -", State);
        Look(Gpu("a", 0), Gpu("b", 1));
        Assert.Equal("a: -, b: -", State);
    }

    [Fact]
    public void One_that_is_lost_after_its_XID_keeps_the_XID()
    {
        Look(Gpu("a", 0));
        Xid("a", 79);
        Look(Gpu("a", 0) with { Unhealthy = "GPU_IS_LOST" });
        Assert.Equal("a: XID 79", State);
    }

    [Fact]
    public void One_that_does_not_say_its_name_any_more_is_who_it_was()
    {
        Look(Gpu("a", 0), Gpu("b", 1));
        Look(Gpu("a", 0), Gpu("unnamed-1", 1) with { Unhealthy = "GPU_IS_LOST" });
        Assert.Equal("a: -, b: GPU_IS_LOST", State);
        Assert.Equal("product of b", _health.Gpus.Devices[1].Product);
    }

    [Fact]
    public void One_that_never_said_its_name_has_it_when_it_does()
    {
        Look(Gpu("unnamed-0", 0) with { Unhealthy = "NO_PERMISSION" });
        Assert.Equal("unnamed-0: NO_PERMISSION", State);
        Look(Gpu("a", 0));
        Assert.Equal("a: -", State);
    }

    [Fact]
    public void One_that_the_driver_misses_stays_listed()
    {
        Look(Gpu("a", 0), Gpu("b", 1));
        Look(Gpu("a", 0));
        Assert.Equal("a: -, b: the driver misses it", State);
    }

    [Fact]
    public void A_driver_that_fails_as_a_whole_takes_all_out_and_brings_them_back()
    {
        Look(Gpu("a", 0), Gpu("b", 1));
        Take(new GpuInventory { Problem = new GpuProblem("DriverLibraryMismatch", "restart") });
        Assert.Equal("a: restart, b: restart", State);
        Assert.Equal("550.54.15", _health.Gpus.Driver);
        for (var look = 0; look < GpuHealthPlan.PassesNeeded; look++)
        {
            Look(Gpu("a", 0), Gpu("b", 1));
        }

        Assert.Equal("a: -, b: -", State);
        Assert.Null(_health.Gpus.Problem);
    }

    [Fact]
    public void What_CUDA_said_once_stays_when_it_is_not_asked()
    {
        Look(Gpu("a", 0) with { MemoryBytes = 5, Compute = "12.1", SharesMemory = true });
        Look(Gpu("a", 0));
        var device = _health.Gpus.Devices[0];
        Assert.Equal((5L, "12.1", true), (device.MemoryBytes, device.Compute, device.SharesMemory));
    }

    [Fact]
    public void An_application_error_and_one_for_its_containers_take_nothing_out()
    {
        Look(Gpu("a", 0));
        Assert.Equal(GpuOutcome.Ignore, Xid("a", 31));
        Assert.Equal(GpuOutcome.Restart, Xid("a", 94));
        Assert.Equal("a: -", State);
    }

    [Fact]
    public void An_event_of_nobody_known_takes_nobody_out_and_asks_for_a_look()
    {
        Look(Gpu("a", 0));
        Assert.Equal(GpuOutcome.Look, Xid(GpuEvent.Unknown, 79));
        Assert.Equal("a: -", State);
    }

    private string State =>
        string.Join(", ", _health.Gpus.Devices.Select(device => $"{device.Uuid}: {device.Unhealthy ?? "-"}"));

    private static GpuDevice Gpu(string uuid, int index, int? recovery = 0) => new()
    {
        Uuid = uuid, Index = index, Product = $"product of {uuid}", Readings = new GpuReadings { Recovery = recovery },
    };

    private void Look(params IReadOnlyList<GpuDevice> devices) =>
        Take(new GpuInventory { Driver = "550.54.15", Devices = devices });

    private void Take(GpuInventory seen, bool counts = true) =>
        _health = GpuHealthPlan.AfterLook(_health, seen, counts);

    private GpuOutcome Xid(string uuid, ulong xid)
    {
        (_health, var outcome) = GpuHealthPlan.AfterEvent(
            _health, new GpuEvent(uuid, NvmlNative.XidCritical, xid, 0, 0), s_rules);
        return outcome;
    }
}
