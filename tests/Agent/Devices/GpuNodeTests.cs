using System.Threading.Channels;
using Edge.Agent.Devices.Gpu;
using Edge.Proto.Model;
using Edge.Tests.Support.Gpu;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Devices;

/// <summary>A node's GPUs through time, with children that are real and a driver that is not.</summary>
public sealed class GpuNodeTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly StubGpus _machine = new() { Fixture = StubGpus.Machine(2) };
    private readonly string _run = Directory.CreateTempSubdirectory("edge-gpu-run-").FullName;
    private readonly Channel<GpuInventory> _seen = Channel.CreateBounded<GpuInventory>(64);
    private readonly Channel<string> _said = Channel.CreateBounded<string>(64);
    private readonly CancellationTokenSource _stop = new(s_patience);
    private Func<GpuInventory, string, Task> _ended = (_, _) => Task.CompletedTask;

    public void Dispose()
    {
        _stop.Dispose();
        _machine.Dispose();
        Directory.Delete(_run, recursive: true);
    }

    [Fact]
    public async Task An_XID_takes_its_GPU_out_and_the_next_agent_knows_it()
    {
        var (node, running) = Begin();
        await node.FirstLook(_stop.Token);
        Assert.Equal(2, (await _seen.Reader.ReadAsync(_stop.Token)).Healthy);

        // Whether the child listens already does not matter: the stub keeps its events.
        _machine.Happen("xid 1 31");
        _machine.Happen("xid 1 79");

        var after = await _seen.Reader.ReadAsync(_stop.Token);
        Assert.Equal((2, 1, "XID 79"), (after.Devices.Count, after.Healthy, after.Devices[1].Unhealthy));
        Assert.Equal($"True GPUUnhealthy GPU {StubGpus.Uuid(1)}: XID 79", await _said.Reader.ReadAsync(_stop.Token));
        await End(running);

        using var next = new CancellationTokenSource(s_patience);
        var (heir, again) = Begin(next.Token);
        await heir.FirstLook(next.Token);
        Assert.Equal("XID 79", heir.Gpus.Devices[1].Unhealthy);
        await next.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again);
    }

    [Fact]
    public async Task An_XID_for_its_containers_ends_them_and_the_GPU_stays()
    {
        var ended = new TaskCompletionSource<string>();
        _ended = (_, gpu) =>
        {
            ended.SetResult(gpu);
            return Task.CompletedTask;
        };
        var (node, running) = Begin();
        await node.FirstLook(_stop.Token);

        _machine.Happen("xid 0 94");

        Assert.Equal(StubGpus.Uuid(0), await ended.Task.WaitAsync(_stop.Token));

        Assert.Equal(
            $"True GPURestart XID 94 on GPU {StubGpus.Uuid(0)}: its containers begin again",
            await _said.Reader.ReadAsync(_stop.Token));
        Assert.Equal(2, node.Gpus.Healthy);
        await End(running);
    }

    [Fact]
    public async Task What_GPUs_say_now_is_read_when_asked_and_changes_nothing_of_what_is_known()
    {
        var (node, running) = Begin();
        await node.FirstLook(_stop.Token);
        _machine.Happen("xid 0 31");
        _machine.Happen("xid 1 79");
        await _seen.Reader.ReadAsync(_stop.Token);
        var known = await _seen.Reader.ReadAsync(_stop.Token);
        _machine.Fixture = StubGpus.Machine(2) + "return nvmlDeviceGetPowerUsage 3 gpu 0\n";

        var now = await node.Read(_stop.Token);

        Assert.Equal(GpuJson.Bytes(known), GpuJson.Bytes(now));
        Assert.Equal((10, null, 31L), Told(now.Devices[0]));
        Assert.Equal((10, 120500L, 79L), Told(now.Devices[1]));
        Assert.All(node.Gpus.Devices, device => Assert.Null(device.Readings?.Xid));
        await End(running);

        static (int?, long?, long?) Told(GpuDevice device) =>
            (device.Readings!.Load, device.Readings.Milliwatts, device.Readings.Xid);
    }

    [Fact]
    public async Task A_machine_without_traces_of_a_driver_starts_nothing()
    {
        using var bare = new StubGpus(nvml: false, cuda: false);
        var node = new GpuNode(
            GpuProbeTests.Settings(bare, 1) with { Program = ["/nowhere/edge-agent"] }, new XidRules(null, null, []),
            _run, TimeProvider.System, new Random(1), NullLogger.Instance) { Changed = Seen };
        var running = node.Run(_stop.Token);

        await node.FirstLook(_stop.Token);

        Assert.Same(GpuInventory.None, node.Gpus);
        Assert.Same(GpuInventory.None, await node.Read(_stop.Token));
        Assert.Equal(0, _seen.Reader.Count);
        await End(running);
    }

    private (GpuNode Node, Task Running) Begin(CancellationToken? stop = null)
    {
        var node = new GpuNode(
            GpuProbeTests.Settings(_machine, 60), new XidRules(null, null, ["94"]), _run, TimeProvider.System,
            new Random(1), NullLogger.Instance)
        {
            Changed = Seen,
            EndContainers = (gpus, gpu, _) => _ended(gpus, gpu),
            Say = (warning, reason, message) => _said.Writer.TryWrite($"{warning} {reason} {message}"),
        };
        return (node, node.Run(stop ?? _stop.Token));
    }

    private void Seen(GpuInventory gpus) => _seen.Writer.TryWrite(gpus);

    private async Task End(Task running)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
