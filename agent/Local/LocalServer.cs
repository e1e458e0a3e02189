using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Local;

/// <summary>Answers one request; what it throws is told to the person as far as that is possible.</summary>
internal delegate Task LocalAct(LocalRequest request, LocalAnswer answer, CancellationToken cancellation);

/// <summary>
/// The socket for a person on site. Only root gets an answer: the file's mode says so, and so does the kernel about who
/// connected (SO_PEERCRED). Without a socket the pods run all the same.
/// </summary>
/// <param name="path">In the run directory.</param>
/// <param name="act">Answers.</param>
/// <param name="admits">Whether a user may ask.</param>
/// <param name="clock">Bounds the time of a request.</param>
/// <param name="logger">Told of who was turned away.</param>
internal sealed class LocalServer(
    string path, LocalAct act, Predicate<uint> admits, TimeProvider clock, ILogger logger)
{
    /// <summary>A few persons, each following a few logs; each costs some 10 KiB.</summary>
    public const int ConnectionsMax = 16;

    /// <summary>Connections that wait for a place; the kernel turns more away.</summary>
    private const int WaitingMax = 128;

    /// <summary>The kernel's <c>sun_path</c> with its end.</summary>
    private const int PathBytesMax = 107;

    private const int SolSocket = 1;
    private const int SoPeercred = 17;

    /// <summary>A command sends its request at once.</summary>
    private static readonly TimeSpan RequestMax = TimeSpan.FromSeconds(10);

    /// <summary>Descriptors that are all in use are so for a while; a caller waits in the kernel's queue.</summary>
    internal static readonly TimeSpan AcceptAgain = TimeSpan.FromSeconds(1);

    private readonly List<Task> _open = [];

    /// <summary>The kernel's word on the next caller.</summary>
    internal Func<Socket, CancellationToken, ValueTask<Socket>> Accept { get; init; } =
        (listener, cancellation) => listener.AcceptAsync(cancellation);

    public static string PathIn(string runDir) => Path.Combine(runDir, "agent.sock");

    public async Task Run(CancellationToken cancellation)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (!Listen(listener))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation);
        }

        try
        {
            while (true)
            {
                var client = await Next(listener, cancellation);
                _open.Add(Serve(client, cancellation));
                _open.RemoveAll(task => task.IsCompleted);
                if (_open.Count >= ConnectionsMax)
                {
                    // The others wait in the kernel's queue.
                    await Task.WhenAny(_open).WaitAsync(cancellation);
                }
            }
        }
        finally
        {
            await Task.WhenAll(_open);
            File.Delete(path);
        }
    }

    /// <summary>
    /// What the kernel refuses here (no descriptor is left, the caller is gone again) it gives later.
    /// </summary>
    private async Task<Socket> Next(Socket listener, CancellationToken cancellation)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await Accept(listener, cancellation);
            }
            catch (SocketException passing)
            {
                if (failures == 0)
                {
                    LocalLog.NotAccepted(logger, passing.Message);
                }

                await Task.Delay(AcceptAgain, clock, cancellation);
            }
        }
    }

    /// <summary>Bound under another name first: the socket is never there for everybody.</summary>
    private bool Listen(Socket listener)
    {
        try
        {
            var draft = path + ".new";
            if (draft.Length > PathBytesMax)
            {
                throw new IOException($"the path is longer than {PathBytesMax} bytes");
            }

            File.Delete(draft);
            listener.Bind(new UnixDomainSocketEndPoint(draft));
            File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(WaitingMax);
            File.Move(draft, path, overwrite: true);
            return true;
        }
        catch (Exception refused) when (refused is SocketException or IOException or UnauthorizedAccessException)
        {
            LocalLog.NotListening(logger, path, refused.Message);
            return false;
        }
    }

    private async Task Serve(Socket client, CancellationToken cancellation)
    {
        await Task.Yield();
        await using var stream = new NetworkStream(client, ownsSocket: true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var gone = Task.CompletedTask;
        var answer = new LocalAnswer(stream, clock);
        try
        {
            try
            {
                // Read before it is refused: who is still writing when the socket closes never reads why.
                var request = await Request(stream, stop.Token);
                var peer = Peer(client);
                if (!admits(peer))
                {
                    LocalLog.TurnedAway(logger, peer);
                    throw new LocalRefusal(403, "only root may ask the agent");
                }

                gone = CancelWhenGone(stream, stop);
                await act(request, answer, stop.Token);
            }
            catch (LocalRefusal refusal)
            {
                await answer.Whole(refusal.Status, refusal.Message + "\n", stop.Token);
            }
#pragma warning disable CA1031 // The edge of one request: the agent goes on.
            catch (Exception unforeseen) when (unforeseen is not (IOException or OperationCanceledException))
#pragma warning restore CA1031
            {
                LocalLog.Unforeseen(logger, unforeseen);
                await answer.Whole(500, $"{unforeseen.GetType().Name}: {unforeseen.Message}\n", stop.Token);
            }
        }
        catch (Exception end) when (end is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException)
        {
            LocalLog.RequestGone(logger, end.Message);
        }
        finally
        {
            client.Close();
            await gone;
        }
    }

    private async Task<LocalRequest> Request(NetworkStream stream, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(RequestMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await LocalRequest.Read(stream, both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new LocalRefusal(408, $"the request did not come within {RequestMax.TotalSeconds:f0} s");
        }
    }

    /// <summary>
    /// Nothing comes after a request but its sender's end, which a log that is followed would not see otherwise.
    /// </summary>
    private static async Task CancelWhenGone(NetworkStream stream, CancellationTokenSource stop)
    {
        try
        {
            while (await stream.ReadAsync(new byte[1], stop.Token) > 0)
            {
                // What comes after the request is passed over.
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // He went away, the answer is given, or the agent ends.
        }

        await stop.CancelAsync();
    }

    /// <summary>struct ucred: process, user, group.</summary>
    private static uint Peer(Socket client)
    {
        Span<byte> credentials = stackalloc byte[12];
        client.GetRawSocketOption(SolSocket, SoPeercred, credentials);
        return BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
    }
}
