using System.Net;
using System.Net.Sockets;

namespace Edge.Agent.Network;

/// <summary>
/// Connects to a port of a pod as a process in it would: by the pod's own loopback. A socket belongs to the network
/// it was made in, so only its making needs a thread that goes there, which ends afterwards.
/// </summary>
internal static class PodDial
{
    /// <param name="netPath">The pod's network; null for the node's.</param>
    /// <param name="uid">Of the pod, for the words.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="IOException">Nobody listens there; the words are containerd's.</exception>
    public static async Task<Socket> Connect(string? netPath, string uid, int port, CancellationToken cancellation)
    {
        var (four, six) = await MakeSockets(netPath);
        string? why4;
        try
        {
            why4 = await TryConnect(four, IPAddress.Loopback, port, cancellation);
        }
        catch
        {
            six?.Dispose();
            throw;
        }

        if (why4 is null)
        {
            six?.Dispose();
            return four;
        }

        var why6 = six is null
            ? "no IPv6" : await TryConnect(six, IPAddress.IPv6Loopback, port, cancellation);
        return why6 is null
            ? six!
            : throw new IOException(
                $"failed to connect to localhost:{port} inside namespace \"{uid}\", "
                + $"IPv4: dial tcp4 127.0.0.1:{port}: {why4} IPv6: dial tcp6 [::1]:{port}: {why6}");
    }

    /// <summary>Null when it is connected; else the socket is gone.</summary>
    private static async Task<string?> TryConnect(
        Socket socket, IPAddress address, int port, CancellationToken cancellation)
    {
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellation);
            return null;
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            return refused.SocketErrorCode == SocketError.ConnectionRefused
                ? "connect: connection refused" : refused.Message;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Task<(Socket Four, Socket? Six)> MakeSockets(string? netPath)
    {
        var done = new TaskCompletionSource<(Socket, Socket?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Enter(netPath);
                done.SetResult(MakeBoth());
            }
            catch (Exception failure) when (
                failure is NetworkException or SocketException or IOException or UnauthorizedAccessException)
            {
                done.SetException(failure as NetworkException
                    ?? new NetworkException(NetworkReason.KernelRefused, failure.Message, failure));
            }
        })
        {
            IsBackground = true,
            Name = "pod dial",
        };
        thread.Start();
        return done.Task;
    }

    /// <summary>Only this thread, which never comes back.</summary>
    private static void Enter(string? netPath)
    {
        if (netPath is null)
        {
            return;
        }

        using var file = File.OpenHandle(netPath);
        if (LinuxNative.SetNamespace((int)file.DangerousGetHandle(), LinuxNative.CloneNewNet) != 0)
        {
            throw LinuxNative.Failure($"enter the network {netPath}");
        }
    }

    private static (Socket, Socket?) MakeBoth()
    {
        var four = Make(LinuxNative.AfInet);
        try
        {
            return (four, TryMake(LinuxNative.AfInet6));
        }
        catch
        {
            four.Dispose();
            throw;
        }
    }

    private static Socket Make(int family) =>
        TryMake(family) ?? throw LinuxNative.Failure("open a socket in the pod's network");

    private static Socket? TryMake(int family)
    {
        var descriptor = LinuxNative.Socket(family, LinuxNative.SockStream | LinuxNative.SockCloexec, 0);
        return descriptor < 0 ? null : new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }
}
