using System.Text.Json;
using System.Threading.Channels;
using Edge.Agent.Report;
using Edge.Proto.Model;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Report;

public sealed class ReportTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("edge-report-").FullName;
    private readonly FakeClock _clock = new();

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public async Task The_node_report_changes_only_when_the_node_does()
    {
        RuntimeSight? runtime = new("containerd://1.6.20", []);
        var (report, said) = Report(() => runtime);
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        var first = await said.ReadAsync();
        Assert.Equal(first, await AfterAMinute(said));

        runtime = null;
        var ready = Ready(await AfterAMinute(said));
        Assert.Equal(("False", "container runtime is down"), (ready.Status, ready.Message));
        Assert.Equal(_clock.GetUtcNow(), ready.LastTransitionTime);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>At boot the agent is often there a moment before the runtime is.</summary>
    [Fact]
    public async Task A_runtime_that_comes_late_makes_the_node_ready_at_once()
    {
        RuntimeSight? runtime = null;
        var (report, said) = Report(() => runtime);
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        Assert.Equal("False", Ready(await said.ReadAsync()).Status);

        runtime = new RuntimeSight("containerd://1.6.20", []);
        report.Wake();

        var now = await said.ReadAsync();
        Assert.Equal("True", Ready(now).Status);
        Assert.Contains("containerd://1.6.20", now);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void The_last_answer_is_known_after_a_restart_and_unknown_after_a_reboot()
    {
        var answered = _clock.GetTimestamp();
        new ServerContact(_dir, "boot-1", () => answered, _clock).Keep();
        _clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(TimeSpan.FromSeconds(40), new ServerContact(_dir, "boot-1", () => null, _clock).Since());
        Assert.Null(new ServerContact(_dir, "boot-2", () => null, _clock).Since());
    }

    private (NodeStatusReport Report, ChannelReader<string> Said) Report(Func<RuntimeSight?> runtime)
    {
        var said = Channel.CreateUnbounded<string>();
        var report = new NodeStatusReport(
            "n", _dir, Inventory(),
            new NodeStatusSources(
                _ => Task.FromResult(runtime()),
                node => said.Writer.TryWrite(JsonSerializer.Serialize(node, ModelJson.Default.NodeReport))),
            _clock, NullLogger.Instance);
        return (report, said.Reader);
    }

    private async Task<string> AfterAMinute(ChannelReader<string> said)
    {
        while (!_clock.IsAwaited)
        {
            await Task.Yield();
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        return await said.ReadAsync();
    }

    private static Condition Ready(string report) => JsonSerializer.Deserialize(report, ModelJson.Default.NodeReport)!
        .Status.Conditions!.Single(condition => condition.Type == "Ready");

    private static NodeInventory Inventory() => new()
    {
        Cpus = 4,
        MemoryBytes = 1 << 30,
        StorageBytes = 1 << 30,
        Address = "192.0.2.1",
        System = new NodeSystemInfo { Architecture = "arm64" },
    };
}
