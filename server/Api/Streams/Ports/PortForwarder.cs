using System.IO.Pipelines;
using Edge.Proto.Model;
using Edge.Server.Fleet;

namespace Edge.Server.Api.Streams.Ports;

/// <summary>Carries the connections of one client to ports of one pod.</summary>
/// <param name="target">The pod.</param>
/// <param name="relay">The way to its node.</param>
/// <param name="idle">Touched by every byte.</param>
/// <param name="time">Bounds the waiting.</param>
internal sealed class PortForwarder(PodTarget target, StreamRelay relay, IdleLimit idle, TimeProvider time)
    : IDisposable
{
    /// <summary>Connections of one client that have a stream of the link; the others wait.</summary>
    public const int ConnectionsMax = 32;

    /// <summary>What of a client waits to go to the node; then its connection is not read any more.</summary>
    private const int WaitingBytes = 64 * 1024;

    /// <summary>Goes to the node at once; less than half of what may wait.</summary>
    private const int PieceBytes = 16 * 1024;

    /// <summary>How long a connection may wait for another to end.</summary>
    private static readonly TimeSpan TurnWait = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turns = new(ConnectionsMax, ConnectionsMax);

    /// <summary>Where a connection's bytes wait on their way to the node.</summary>
    public static Pipe NewInput() => new(new PipeOptions(
        pauseWriterThreshold: WaitingBytes, resumeWriterThreshold: WaitingBytes / 2, useSynchronizationContext: false));

    /// <summary>One connection, to its end. A failure is the client's to know and nobody else's.</summary>
    public async Task Run(int port, PipeReader input, PortClient client, CancellationToken ct)
    {
        try
        {
            await Turn(ct);
            try
            {
                await Carry(port, input, client, ct);
            }
            finally
            {
                _turns.Release();
            }

            await client.Finish(ct);
        }
        catch (IOException failure)
        {
            await client.Fail(
                $"error forwarding port {port} to pod {target.Pod}, uid {target.Uid}: {failure.Message}", ct);
        }
        finally
        {
            // Whoever still writes into it must not wait for ever.
            await input.CompleteAsync();
        }
    }

    public void Dispose() => _turns.Dispose();

    private async Task Turn(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(TurnWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await _turns.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new IOException($"{ConnectionsMax} connections are open already");
        }
    }

    private async Task Carry(int port, PipeReader input, PortClient client, CancellationToken ct)
    {
        var wanted = new PodStreamRequest
        {
            PodUid = target.Uid, PodNamespace = target.Namespace, PodName = target.Pod, Port = port,
        };
        await using var node = await relay.Open(target.Node, PodStreamRequest.PortKind, wanted, ct);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var down = Down(input, node, over.Token);
        try
        {
            while (await node.Read(ct) is { } piece)
            {
                idle.Touch();
                await client.Write(piece.Data, ct);
                if (piece.IsLast)
                {
                    await client.FinishData(ct);
                }
            }
        }
        finally
        {
            await over.CancelAsync();
            await down.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Down(PipeReader input, NodeStream node, CancellationToken ct)
    {
        while (true)
        {
            var read = await input.ReadAsync(ct);
            // One after the other, so that what has gone does not count as waiting.
            var piece = read.Buffer.First;
            piece = piece[..Math.Min(piece.Length, PieceBytes)];
            await node.Write(piece, ct);
            var isLast = read.IsCompleted && piece.Length == read.Buffer.Length;
            input.AdvanceTo(read.Buffer.GetPosition(piece.Length));
            idle.Touch();
            if (isLast)
            {
                node.CloseInput();
                return;
            }
        }
    }
}
