using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Agent.Runtime;

/// <summary>
/// The system calls that the BCL does not offer. Names and constants are Linux's (all architectures).
/// </summary>
internal static partial class Libc
{
    public const int OpenReadOnly = 0;
    public const int OpenNonBlock = 0x800;
    public const int OpenCloseOnExec = 0x80000;
    public const int SetPipeSize = 1031;
    public const int ErrorExists = 17;
    public const int ErrorAgain = 11;
    public const int ErrorInterrupted = 4;

    public const short PollIn = 1;
    public const short PollOut = 4;
    public const short PollError = 8;
    public const short PollHangUp = 16;

    private const string Library = "libc";

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Fd;
        public short Events;
        public short Seen;
    }

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, Span<byte> buffer, nint size);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, ReadOnlySpan<byte> buffer, nint size);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(Span<PollEntry> entries, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Fcntl(int fd, int command, int argument);

    [LibraryImport(Library, EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFifo(string path, uint mode);

    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFileSystem(int fd);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport(Library, EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenAt2(nint number, nint directory, string path, in OpenHow how, nint size);

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>Opens a file for reading so that no link leaves the root; null when it is not there.</summary>
    public static SafeFileHandle? OpenInRoot(string root, string path)
    {
        const int openAt2 = 437; // the same on every architecture
        const ulong inRoot = 0x10, noMagicLinks = 0x02;
        var directory = Open(root, OpenReadOnly | OpenCloseOnExec, 0);
        if (directory < 0)
        {
            return null;
        }

        try
        {
            var how = new OpenHow
            {
                Flags = OpenReadOnly | OpenCloseOnExec | OpenNonBlock,
                Resolve = inRoot | noMagicLinks,
            };
            var fd = OpenAt2(openAt2, directory, path, in how, Marshal.SizeOf<OpenHow>());
            return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
        }
        finally
        {
            Close(directory);
        }
    }

    public static RuntimeException Failure(string what, int error) =>
        new(RuntimeReason.Failed, $"{what}: {new Win32Exception(error).Message}");
}
