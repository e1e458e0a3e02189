using System.Runtime.InteropServices;

namespace Edge.Agent.Network;

/// <summary>The kernel's own names for what sandboxes need; every call leaves errno for the caller.</summary>
internal static partial class LinuxNative
{
    public const int CloneNewUts = 0x0400_0000;
    public const int CloneNewIpc = 0x0800_0000;
    public const int CloneNewNet = 0x4000_0000;

    public const nuint MsNoSuid = 2;
    public const nuint MsNoDev = 4;
    public const nuint MsNoExec = 8;
    public const nuint MsBind = 4096;
    public const nuint MsRec = 16384;
    public const nuint MsShared = 1 << 20;
    public const int MntDetach = 2;

    public const int Enoent = 2;
    public const int Einval = 22;

    public const int AfInet = 2;
    public const int AfInet6 = 10;
    public const int SockStream = 1;
    public const int SockDgram = 2;
    public const int SockCloexec = 0x8_0000;
    public const nuint SiocSetInterfaceFlags = 0x8914;
    public const short InterfaceUp = 1;

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(int descriptor, int kind);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "sethostname", SetLastError = true)]
    public static partial int SetHostName(ReadOnlySpan<byte> name, nuint length);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int descriptor, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    /// <summary>Turns the last errno into the exception that names what was tried.</summary>
    public static NetworkException Failure(string what) =>
        new(NetworkReason.KernelRefused, $"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
}
