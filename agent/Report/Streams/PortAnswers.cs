using System.Net.Sockets;
using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Streams;

/// <summary>Connects people who are far away to ports inside this node's pods.</summary>
/// <param name="connect">Connects to a port of a pod; throws with the reason where nobody listens.</param>
/// <param name="clock">Bounds what comes after the end.</param>
internal sealed class PortAnswers(
    Func<string, int, CancellationToken, Task<Socket>> connect, TimeProvider clock)
{
    /// <summary>How long a client may go on sending to one who has closed, as containerd does it.</summary>
    private static readonly TimeSpan AfterEnd = TimeSpan.FromSeconds(1);

    private const int BufferBytes = 32 * 1024;

    /// <exception cref="IOException">Nobody listens there.</exception>
    public async Task<string?> Answer(ReadOnlyMemory<byte> payload, LinkStream stream, CancellationToken cancellation)
    {
        var request = JsonSerializer.Deserialize(payload.Span, ModelJson.Default.PodStreamRequest);
        if (request?.Port is not (>= 1 and <= ushort.MaxValue))
        {
            return $"port {request?.Port} is none";
        }

        using var socket = await connect(request.PodUid, request.Port, cancellation);
        stream.Accept();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var down = Down(stream, socket, over.Token);
        try
        {
            await Up(stream, socket, over.Token);
            await Task.WhenAny(down, Task.Delay(AfterEnd, clock, over.Token));
        }
        catch (SocketException)
        {
            // A connection that breaks is a connection that ends, as for everybody on it.
        }
        finally
        {
            await over.CancelAsync();
            await down.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private static async Task Up(LinkStream stream, Socket socket, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        while (await socket.ReceiveAsync(buffer, cancellation) is > 0 and var got)
        {
            await stream.Write(buffer.AsMemory(0, got), cancellation);
        }

        stream.Close();
    }

    private static async Task Down(LinkStream stream, Socket socket, CancellationToken cancellation)
    {
        while (await stream.ReadPiece(cancellation) is { } piece)
        {
            for (var left = piece.Data; !left.IsEmpty;)
            {
                left = left[await socket.SendAsync(left, cancellation)..];
            }

            if (piece.IsLast)
            {
                socket.Shutdown(SocketShutdown.Send);
                return;
            }
        }

        // The client is gone altogether.
        socket.Close();
    }
}
