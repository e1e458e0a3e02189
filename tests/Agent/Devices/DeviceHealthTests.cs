using Edge.Agent.Devices;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Devices;

public sealed class DeviceHealthTests
{
    private readonly FakeClock _clock = new();
    private readonly DeviceHealth _health;
    private bool _isKnown = true;

    public DeviceHealthTests() => _health = new DeviceHealth(() => _isKnown, _clock);

    [Fact]
    public void A_device_is_as_its_driver_says_and_for_how_long()
    {
        _health.Saw(Gpus(null));
        Assert.Equal((DeviceState.Well, null), StateOf("GPU-0"));

        _clock.Advance(TimeSpan.FromHours(1));
        _health.Saw(Gpus("XID 79"));
        _clock.Advance(TimeSpan.FromSeconds(30));
        _health.Saw(Gpus("GPU_IS_LOST"));
        Assert.Equal((DeviceState.Broken, "GPU_IS_LOST"), StateOf("GPU-0"));
        Assert.Equal(TimeSpan.FromSeconds(30), Held("GPU-0").For);

        _health.Saw(Gpus(null));
        Assert.Equal((DeviceState.Well, TimeSpan.Zero), (Held("GPU-0").State, Held("GPU-0").For));
    }

    [Fact]
    public void A_driver_that_fails_as_a_whole_says_nothing_of_its_devices_but_what_an_event_said_stays_true()
    {
        var problem = new GpuProblem("NoAnswer", "the driver does not answer");
        _health.Saw(Gpus(problem.Message) with { Problem = problem });
        Assert.Equal((DeviceState.Unknown, problem.Message), StateOf("GPU-0"));

        _health.Saw(Gpus("XID 79") with { Problem = problem });
        Assert.Equal((DeviceState.Broken, "XID 79"), StateOf("GPU-0"));
    }

    [Fact]
    public void A_device_that_is_not_seen_is_missing_only_once_somebody_has_looked()
    {
        _isKnown = false;
        Assert.Equal((DeviceState.Unknown, null), StateOf("GPU-9"));

        _isKnown = true;
        _clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal((DeviceState.Unknown, "it is not on this node"), StateOf("GPU-9"));
        Assert.Equal(TimeSpan.FromMinutes(3), Held("GPU-9").For);

        _health.Saw(Gpus(null));
        Assert.Equal(TimeSpan.Zero, Held("GPU-9").For);
    }

    [Fact]
    public void A_share_is_as_its_device_and_a_text_that_is_none_holds_nothing()
    {
        _health.Saw(Gpus("XID 79"));
        Assert.Equal((DeviceState.Broken, "XID 79"), StateOf("GPU-0::1"));
        Assert.Empty(_health.Of(Pod("GPU-0")));
        Assert.Empty(_health.Of(new Pod()));
    }

    private (DeviceState State, string? Why) StateOf(string id) => (Held(id).State, Held(id).Why);

    private HeldDevice Held(string id) =>
        Assert.Single(_health.Of(Pod($$$"""{"c":{"nvidia.com/gpu":["{{{id}}}"]}}""")));

    private static GpuInventory Gpus(string? unhealthy) =>
        new() { Devices = [new GpuDevice { Uuid = "GPU-0", Unhealthy = unhealthy }] };

    private static Pod Pod(string devices) => new()
    {
        Metadata = new ObjectMeta
        {
            Annotations = new Dictionary<string, string> { [PodDevices.Annotation] = devices },
        },
    };
}
