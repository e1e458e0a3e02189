using System.Text.Json;
using System.Threading.Channels;
using Edge.Agent.Link;
using Edge.Proto.Link;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Report.Streams;

/// <summary>Answers one kind of stream; returns null after the good end, else why there is no answer.</summary>
internal delegate Task<string?> StreamAnswer(
    ReadOnlyMemory<byte> request, LinkStream stream, CancellationToken cancellation);

/// <summary>Answers the streams that the server opens, each by its kind.</summary>
internal sealed class StreamAnswers(IReadOnlyDictionary<string, StreamAnswer> kinds, ILogger logger)
{
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
            if (!kinds.TryGetValue(opened.Request.Kind, out var answer))
            {
                stream.End($"this agent knows no stream \"{opened.Request.Kind}\"");
                return;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(stream.Ended, cancellation);
            stream.End(await answer(opened.Request.Payload, stream, either.Token));
        }
        catch (Exception gone) when (gone is LinkStreamException or OperationCanceledException)
        {
            ReportLog.StreamGone(logger, gone.Message);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or JsonException)
        {
            stream.End(broken.Message);
        }
    }
}
