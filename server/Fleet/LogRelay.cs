using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Link;

namespace Edge.Server.Fleet;

/// <summary>Fetches container logs from the node that has them, over a stream of the link.</summary>
/// <param name="open">Opens a stream to a node (<c>LinkServer.OpenStream</c>).</param>
/// <param name="contact">When a node was last heard, in words (<see cref="LastContacts.Of"/>).</param>
/// <param name="time">Bounds the waiting for nodes.</param>
internal sealed class LogRelay(
    Func<string, StreamRequest, CancellationToken, Task<LinkStream>> open, Func<string, string> contact,
    TimeProvider time)
{
    /// <summary>
    /// Opens the log and waits for its first bytes, its end or its refusal, so that a refusal becomes an HTTP error and
    /// not a broken body.
    /// </summary>
    /// <exception cref="StreamRefusedException">
    /// There is no way to the node, or it has too many streams open.
    /// </exception>
    /// <exception cref="IOException">The node refuses; the message is for the user.</exception>
    public async Task<Stream> Open(string node, LogStreamRequest request, CancellationToken ct)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(request, ModelJson.Default.LogStreamRequest);
        // A session whose node went without a word looks open for minutes.
        using var limit = new CancellationTokenSource(StreamRelay.AnswerWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            var stream = await open(node, new StreamRequest(LogStreamRequest.StreamKind, payload), either.Token);
            return await LinkReadStream.Open(stream, waitForFirst: !request.Follow, time, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw StreamRelay.NoAnswer(node, contact(node));
        }
        catch (NodeAwayException)
        {
            throw StreamRelay.NotConnected(node, contact(node));
        }
        catch (TooManyStreamsException full)
        {
            throw new StreamRefusedException(StreamRefusal.TooMany, full.Message);
        }
        catch (LinkStreamException refusal)
        {
            throw new IOException(refusal.Message, refusal);
        }
    }
}
