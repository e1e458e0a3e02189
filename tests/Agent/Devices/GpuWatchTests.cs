using System.Threading.Channels;
using Edge.Agent.Devices.Gpu;
using Edge.Tests.Support;
using Edge.Tests.Support.Gpu;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Devices;

/// <summary>The wait for events in a process of its own.</summary>
public sealed class GpuWatchTests : IDisposable
{
    private readonly StubGpus _machine = new() { Fixture = StubGpus.Machine(2) };
    private readonly FakeClock _clock = new();
    private readonly Channel<string> _heard = Channel.CreateBounded<string>(64);
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _stop.Dispose();
        _machine.Dispose();
    }

    [Fact]
    public async Task What_happens_is_heard_in_order_and_one_that_breaks_off_begins_again()
    {
        var watch = new GpuWatch(GpuProbeTests.Settings(_machine, 60), _clock, new Random(1), NullLogger.Instance);
        var running = watch.Run(
            () => _heard.Writer.TryWrite("listening"), happened => _heard.Writer.TryWrite(happened.Line),
            () => _heard.Writer.TryWrite("ended"), _stop.Token);
        Assert.Equal("listening", await Next());

        _machine.Happen("xid 1 79");
        _machine.Happen("xid 0 43 3 0");
        _machine.Happen("event 0 8000 2");
        Assert.Equal($"{StubGpus.Uuid(1)} 8 79 4294967295 4294967295", await Next());
        Assert.Equal($"{StubGpus.Uuid(0)} 8 43 3 0", await Next());
        Assert.Equal($"{StubGpus.Uuid(0)} 32768 2 4294967295 4294967295", await Next());

        _machine.Happen("fail 999");
        Assert.Equal("ended", await Next());
        _machine.ForgetEvents();
        var again = Next();
        while (await Task.WhenAny(again, Task.Delay(TimeSpan.FromMilliseconds(20), _stop.Token)) != again)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("listening", await again);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Where_no_GPU_has_events_nobody_waits_for_them()
    {
        _machine.Fixture = StubGpus.Machine(2) + "return nvmlDeviceGetSupportedEventTypes 3\n";
        var watch = new GpuWatch(GpuProbeTests.Settings(_machine, 60), _clock, new Random(1), NullLogger.Instance);

        await watch.Run(() => { }, _ => { }, () => _heard.Writer.TryWrite("ended"), _stop.Token);

        Assert.Equal(0, _heard.Reader.Count);
    }

    private Task<string> Next() => _heard.Reader.ReadAsync(_stop.Token).AsTask();
}
