using System.Runtime.InteropServices;

namespace Edge.Proto.Mqtt;

/// <summary>What libmosquitto does not set of its socket.</summary>
internal static partial class TcpSocket
{
    private const int Tcp = 6;
    private const int UserTimeout = 18;

    /// <summary>
    /// The kernel ends the connection when what was sent is not acknowledged for so long, instead of after a quarter of
    /// an hour (tcp(7), TCP_USER_TIMEOUT). False when it does not take the limit.
    /// </summary>
    public static bool TryLimit(int socket, TimeSpan unacknowledgedMost) =>
        SetOption(socket, Tcp, UserTimeout, (int)unacknowledgedMost.TotalMilliseconds, sizeof(int)) == 0;

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetOption(int socket, int level, int option, in int value, int length);
}
