using System.Runtime.InteropServices;

namespace Edge.Agent;

/// <summary>
/// Writes small files that must survive a power cut: whole or not at all, and there once the call returned.
/// </summary>
internal static partial class DurableFile
{
    /// <summary>O_RDONLY | O_CLOEXEC of Linux on every architecture that .NET runs on.</summary>
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>EINVAL, of file systems that flush no directories.</summary>
    private const int NotSupported = 22;

    /// <summary>Replaces the file; its mode is 0600.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var draft = path + ".new";
        File.Delete(draft);
        using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
        // A rename is on disk when its directory is; the directory itself may be as new as the file.
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        FlushDirectory(directory);
        FlushDirectory(Path.GetDirectoryName(directory) ?? directory);
    }

    private static void FlushDirectory(string path)
    {
        var descriptor = Open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"cannot open directory {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            if (Flush(descriptor) != 0 && Marshal.GetLastPInvokeError() != NotSupported)
            {
                throw new IOException($"cannot flush directory {path}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
