using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Runtime.Logs;
using Edge.Proto.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Streams;

/// <summary>Answers the server's log streams from the files of this node's containers.</summary>
internal sealed class LogStreams(NodeLedger ledger, string dataDir, TimeProvider clock)
{
    private readonly LogReader _reader = new(clock);

    public Task<string?> Answer(ReadOnlyMemory<byte> payload, LinkStream stream, CancellationToken cancellation)
    {
        var request = JsonSerializer.Deserialize(payload.Span, ModelJson.Default.LogStreamRequest);
        return Copy(request ?? new LogStreamRequest(), stream.Write, cancellation);
    }

    /// <summary>Null after the good end, else why there is no log.</summary>
    public async Task<string?> Copy(LogStreamRequest request, LogWrite write, CancellationToken cancellation)
    {
        var record = ledger.Pods.GetValueOrDefault(request.PodUid);
        var container = record?.Of(request.Container) ?? ContainerRecord.Empty;
        if (record is null || (container is { Started: false, Attempt: 0 } && !request.Previous))
        {
            return $"container \"{request.Container}\" in pod \"{request.PodName}\" is waiting to start: "
                + "ContainerCreating";
        }

        // An attempt that has not begun yet leaves the log of the one before as the container's log.
        var attempt = container.Started || container.Attempt == 0 ? container.Attempt : container.Attempt - 1;
        attempt -= request.Previous ? 1 : 0;
        if (attempt < 0)
        {
            return $"previous terminated container \"{request.Container}\" in pod \"{request.PodName}\" not found";
        }

        // No file yet is the log of a container that has printed nothing.
        var file = LogPaths.LogFile(
            dataDir, record.Namespace, record.Name, record.Uid, request.Container, attempt);
        var query = new LogQuery
        {
            TailLines = request.TailLines,
            SinceTime = request.SinceSeconds is { } seconds ? Ago(seconds) : request.Since,
            LimitBytes = request.LimitBytes,
            Timestamps = request.Timestamps,
            Follow = request.Follow,
        };
        var pieces = _reader.Read(file, query, () => IsOver(request, attempt), cancellation);
        await foreach (var piece in pieces.WithCancellation(cancellation))
        {
            await write(piece, cancellation);
        }

        return null;
    }

    /// <summary>The server bounds it below; no line is older than the calendar.</summary>
    private DateTimeOffset Ago(long seconds) =>
        DateTimeOffset.UnixEpoch.AddSeconds(Math.Max(0, clock.GetUtcNow().ToUnixTimeSeconds() - seconds));

    private bool IsOver(LogStreamRequest request, int attempt) =>
        ledger.Pods.GetValueOrDefault(request.PodUid)?.Of(request.Container) is not { } now
        || now.Attempt != attempt || now.Exit is not null;
}

/// <summary>Takes a piece of a log to whoever asked, and waits while he is slow.</summary>
internal delegate ValueTask LogWrite(ReadOnlyMemory<byte> piece, CancellationToken cancellation);
