using System.Text.Json;
using System.Threading.Channels;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Runtime.Logs;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Report;

/// <summary>Answers the server's log streams from the files of this node's containers.</summary>
internal sealed class LogStreams(NodeLedger ledger, string dataDir, TimeProvider clock, ILogger logger)
{
    private readonly LogReader _reader = new(clock);
    private readonly List<Task> _open = [];

    public async Task Run(ChannelReader<StreamOpened> streams, CancellationToken cancellation)
    {
        await foreach (var opened in streams.ReadAllAsync(cancellation))
        {
            _open.RemoveAll(task => task.IsCompleted);
            _open.Add(Serve(opened, cancellation));
        }

        await Task.WhenAll(_open);
    }

    private async Task Serve(StreamOpened opened, CancellationToken cancellation)
    {
        await using var stream = opened.Stream;
        try
        {
            if (opened.Request.Kind != LogStreamRequest.StreamKind)
            {
                stream.End($"this agent knows no stream \"{opened.Request.Kind}\"");
                return;
            }

            var request = JsonSerializer.Deserialize(
                opened.Request.Payload.Span, ModelJson.Default.LogStreamRequest) ?? new LogStreamRequest();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stream.Ended, cancellation);
            stream.End(await Copy(request, stream, either.Token));
        }
        catch (Exception gone) when (gone is LinkStreamException or OperationCanceledException)
        {
            ReportLog.StreamGone(logger, gone.Message);
        }
        catch (Exception broken) when (broken is IOException or JsonException)
        {
            stream.End(broken.Message);
        }
    }

    /// <summary>Null after the good end, else why there is no log.</summary>
    private async Task<string?> Copy(LogStreamRequest request, LinkStream stream, CancellationToken cancellation)
    {
        var record = ledger.Pods.GetValueOrDefault(request.PodUid);
        if (record?.Containers.GetValueOrDefault(request.Container) is not { } container)
        {
            return $"container \"{request.Container}\" in pod \"{request.PodName}\" is waiting to start: "
                + "ContainerCreating";
        }

        // An attempt that has not begun yet leaves the log of the one before as the container's log.
        var attempt = container.Started || container.Attempt == 0 ? container.Attempt : container.Attempt - 1;
        attempt -= request.Previous ? 1 : 0;
        var file = LogPaths.LogFile(
            dataDir, record.Namespace, record.Name, record.Uid, request.Container, Math.Max(0, attempt));
        if (attempt < 0 || !File.Exists(file))
        {
            return request.Previous
                ? $"previous terminated container \"{request.Container}\" in pod \"{request.PodName}\" not found"
                : $"container \"{request.Container}\" in pod \"{request.PodName}\" is waiting to start: "
                    + "ContainerCreating";
        }

        var query = new LogQuery
        {
            TailLines = request.TailLines,
            SinceTime = request.Since,
            LimitBytes = request.LimitBytes,
            Timestamps = request.Timestamps,
            Follow = request.Follow,
        };
        var pieces = _reader.Read(file, query, () => IsOver(request, attempt), cancellation);
        await foreach (var piece in pieces.WithCancellation(cancellation))
        {
            await stream.Write(piece, cancellation);
        }

        return null;
    }

    private bool IsOver(LogStreamRequest request, int attempt) =>
        ledger.Pods.GetValueOrDefault(request.PodUid)?.Of(request.Container) is not { } now
        || now.Attempt != attempt || now.Exit is not null;
}
