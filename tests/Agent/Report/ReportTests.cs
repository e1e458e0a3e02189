using System.Text.Json;
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
        var reports = new List<string>();
        IReadOnlyList<ContainerImage>? images = [];
        using var stop = new CancellationTokenSource();
        var report = new NodeStatusReport(
            "n", _dir, Inventory(),
            new NodeStatusSources(
                _ => Task.FromResult<IReadOnlyList<ContainerImage>?>(images),
                said => reports.Add(JsonSerializer.Serialize(said, ModelJson.Default.NodeReport))),
            _clock, NullLogger.Instance);
        var running = report.Run(stop.Token);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, reports.Count);
        Assert.Single(reports.Distinct());

        images = null;
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEqual(reports[0], reports[^1]);
        var ready = JsonSerializer.Deserialize(reports[^1], ModelJson.Default.NodeReport)!
            .Status.Conditions!.Single(condition => condition.Type == "Ready");
        Assert.Equal(("False", "container runtime is down"), (ready.Status, ready.Message));
        Assert.Equal(_clock.GetUtcNow(), ready.LastTransitionTime);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void The_last_answer_is_known_after_a_restart_and_unknown_after_a_reboot()
    {
        var answered = _clock.GetTimestamp();
        Assert.Equal(TimeSpan.Zero, new ServerContact(_dir, "boot-1", () => answered, _clock).Since());
        _clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(TimeSpan.FromSeconds(40), new ServerContact(_dir, "boot-1", () => null, _clock).Since());
        Assert.Null(new ServerContact(_dir, "boot-2", () => null, _clock).Since());
    }

    private static NodeInventory Inventory() => new()
    {
        Cpus = 4,
        MemoryBytes = 1 << 30,
        StorageBytes = 1 << 30,
        Address = "192.0.2.1",
        System = new NodeSystemInfo { Architecture = "arm64" },
    };
}
