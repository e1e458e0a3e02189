using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Link;

namespace Edge.Server.Fleet;

/// <summary>Why a stream to a node could not be opened; the message is for the user.</summary>
internal enum StreamRefusal
{
    /// <summary>There is no way to the node now.</summary>
    Unreachable,

    /// <summary>The pod or its node has as many streams as it may have.</summary>
    TooMany,

    /// <summary>The node does not want it.</summary>
    Refused,
}

internal sealed class StreamRefusedException(StreamRefusal refusal, string message) : IOException(message)
{
    public StreamRefusal Refusal { get; } = refusal;
}

/// <summary>
/// Opens streams into pods, over the link: to run a command, to be at a container, to connect to a port.
/// </summary>
/// <param name="open">Opens a stream to a node (<c>LinkServer.OpenStream</c>).</param>
/// <param name="isConnected">Whether there is a way to a node now.</param>
/// <param name="contact">When a node was last heard, in words (<see cref="LastContacts.Of"/>).</param>
/// <param name="time">Bounds the waiting for nodes.</param>
internal sealed class StreamRelay(
    Func<string, StreamRequest, CancellationToken, Task<LinkStream>> open, Func<string, bool> isConnected,
    Func<string, string> contact, TimeProvider time)
{
    /// <summary>Of one pod at once: a browser's connections through a forwarded port, and some people.</summary>
    public const int StreamsOfPodMax = 64;

    /// <summary>A mobile link may take seconds to come up; a node that says nothing for longer is not there.</summary>
    public static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>Where there are no nodes.</summary>
    public static StreamRelay None { get; } = new(
        (node, _, _) => throw new NodeAwayException($"node {node} is not connected"), _ => false,
        _ => "there are no nodes", TimeProvider.System);

    /// <exception cref="StreamRefusedException">The node is not connected.</exception>
    public void CheckConnected(string node)
    {
        if (!isConnected(node))
        {
            throw NotConnected(node, contact(node));
        }
    }

    /// <summary>Returns once the node accepted.</summary>
    /// <exception cref="StreamRefusedException">It cannot be opened.</exception>
    public async Task<NodeStream> Open(string node, string kind, PodStreamRequest request, CancellationToken ct)
    {
        CheckConnected(node);
        Enter(request.PodUid);
        try
        {
            var payload = JsonSerializer.SerializeToUtf8Bytes(request, ModelJson.Default.PodStreamRequest);
            using var limit = new CancellationTokenSource(AnswerWait, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
            try
            {
                var stream = await open(node, new StreamRequest(kind, payload), either.Token);
                return await NodeStream.Accepted(stream, () => Leave(request.PodUid), either.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw NoAnswer(node, contact(node));
            }
            catch (NodeAwayException)
            {
                throw NotConnected(node, contact(node));
            }
            catch (TooManyStreamsException full)
            {
                throw new StreamRefusedException(StreamRefusal.TooMany, full.Message);
            }
            catch (LinkStreamException refused)
            {
                throw new StreamRefusedException(StreamRefusal.Refused, refused.Message);
            }
        }
        catch
        {
            Leave(request.PodUid);
            throw;
        }
    }

    internal static StreamRefusedException NotConnected(string node, string contact) =>
        new(StreamRefusal.Unreachable, $"node {node} is not connected: {contact}");

    internal static StreamRefusedException NoAnswer(string node, string contact) => new(
        StreamRefusal.Unreachable, $"node {node} did not answer within {AnswerWait.TotalSeconds} s: {contact}");

    private void Enter(string pod)
    {
        lock (_gate)
        {
            var count = _open.GetValueOrDefault(pod);
            if (count >= StreamsOfPodMax)
            {
                throw new StreamRefusedException(
                    StreamRefusal.TooMany, $"the pod has {StreamsOfPodMax} streams open already");
            }

            _open[pod] = count + 1;
        }
    }

    private void Leave(string pod)
    {
        lock (_gate)
        {
            var count = _open.GetValueOrDefault(pod) - 1;
            if (count > 0)
            {
                _open[pod] = count;
            }
            else
            {
                _open.Remove(pod);
            }
        }
    }
}
