using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Link;

namespace Edge.Server.Fleet;

/// <summary>Fetches container logs from the node that has them, over a stream of the link.</summary>
internal sealed class LogRelay(LinkServer link, TimeProvider time)
{
    /// <summary>
    /// Opens the log and waits for its first bytes, its end or its refusal, so that a refusal becomes an HTTP error and
    /// not a broken body.
    /// </summary>
    /// <exception cref="StreamRefusedException">The node has too many streams open.</exception>
    /// <exception cref="IOException">The node is not connected or refuses; the message is for the user.</exception>
    public async Task<Stream> Open(string node, LogStreamRequest request, CancellationToken ct)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(request, ModelJson.Default.LogStreamRequest);
        try
        {
            var stream = await link.OpenStream(node, new StreamRequest(LogStreamRequest.StreamKind, payload), ct);
            return await LinkReadStream.Open(stream, waitForFirst: !request.Follow, time, ct);
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
