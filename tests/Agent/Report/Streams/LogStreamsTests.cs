using System.Text;
using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Report.Streams;
using Edge.Agent.Runtime.Logs;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Report.Streams;

/// <summary>The log of a container of this node, as `kubectl logs` asks for it.</summary>
public sealed class LogStreamsTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("edge-logs-").FullName;
    private readonly NodeLedger _ledger;
    private readonly FakeClock _clock = new();

    public LogStreamsTests() => _ledger = NodeLedger.Open(_data, NullLogger.Instance);

    public void Dispose()
    {
        _ledger.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_container_that_runs_and_has_printed_nothing_has_an_empty_log()
    {
        Has(new ContainerRecord { Started = true });
        Assert.Equal(("", null), await Log());
    }

    [Fact]
    public async Task A_container_that_has_not_begun_is_waiting_to_start()
    {
        const string waiting = "container \"main\" in pod \"web\" is waiting to start: ContainerCreating";
        Assert.Equal(("", waiting), await Log());
        Has(new ContainerRecord());
        Assert.Equal(("", waiting), await Log());
    }

    [Fact]
    public async Task Between_two_attempts_the_log_is_that_of_the_last_one()
    {
        Has(new ContainerRecord { Attempt = 1 });
        Assert.Equal(("", null), await Log());
        Printed(attempt: 0, "first");
        Assert.Equal(("first\n", null), await Log());
    }

    [Fact]
    public async Task The_previous_log_is_that_of_the_attempt_before_and_the_first_attempt_has_none()
    {
        const string none = "previous terminated container \"main\" in pod \"web\" not found";
        Has(new ContainerRecord { Started = true });
        Assert.Equal(("", none), await Log(previous: true));
        Has(new ContainerRecord { Started = true, Attempt = 1 });
        Assert.Equal(("", null), await Log(previous: true));
        Printed(attempt: 0, "first");
        Assert.Equal(("first\n", null), await Log(previous: true));
    }

    /// <summary>A device without a clock of its own begins in 1970, and so do its lines.</summary>
    [Fact]
    public async Task Seconds_count_back_by_the_clock_that_dated_the_lines()
    {
        Has(new ContainerRecord { Started = true });
        Printed(attempt: 0, "old", at: _clock.GetUtcNow().AddSeconds(-61));
        Printed(attempt: 0, "new", at: _clock.GetUtcNow().AddSeconds(-59));
        var byServer = _clock.GetUtcNow().AddYears(50);
        Assert.Equal(("new\n", null), await Log(since: byServer, sinceSeconds: 60));
        Assert.Equal(("", null), await Log(since: byServer));
        Assert.Equal(("old\nnew\n", null), await Log(since: byServer, sinceSeconds: long.MaxValue));
    }

    private void Has(ContainerRecord container) => _ledger.Save(new PodRecord
    {
        Uid = "uid-a", Namespace = "default", Name = "web",
        Containers = new Dictionary<string, ContainerRecord> { ["main"] = container },
    });

    private void Printed(int attempt, string line, DateTimeOffset? at = null)
    {
        var path = LogPaths.LogFile(_data, "default", "web", "uid-a", "main", attempt);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var time = (at ?? _clock.GetUtcNow()).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'");
        File.AppendAllText(path, $"{time} stdout F {line}\n");
    }

    /// <summary>What is printed, and why nothing is.</summary>
    private async Task<(string Text, string? Refused)> Log(
        bool previous = false, DateTimeOffset? since = null, long? sinceSeconds = null)
    {
        await using var pair = new StreamPair();
        var request = new LogStreamRequest
        {
            PodUid = "uid-a", PodNamespace = "default", PodName = "web", Container = "main", Previous = previous,
            Since = since, SinceSeconds = sinceSeconds,
        };
        var refused = await new LogStreams(_ledger, _data, _clock).Answer(
            JsonSerializer.SerializeToUtf8Bytes(request, ModelJson.Default.LogStreamRequest), pair.Agent, default);
        pair.Agent.End(refused);
        var text = new StringBuilder();
        try
        {
            while (await pair.Server.ReadPiece(default) is { } piece)
            {
                text.Append(Encoding.UTF8.GetString(piece.Data.Span));
            }
        }
        catch (LinkStreamException)
        {
            // The refusal, as the server sees it.
        }

        return (text.ToString(), refused);
    }
}
