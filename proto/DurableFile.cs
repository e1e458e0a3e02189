using System.Runtime.InteropServices;

namespace Edge.Proto;

/// <summary>
/// Changes of small files that must survive a power cut: whole or not at all, and on disk once the call returned.
/// </summary>
public static partial class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>O_RDONLY | O_CLOEXEC of Linux on every architecture that .NET runs on.</summary>
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>EACCES and EINVAL.</summary>
    private const int NotPermitted = 13;
    private const int NotSupported = 22;

    /// <summary>Replaces the file; its mode is 0600.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var draft = path + ".new";
        // One that a power cut left may have another mode.
        File.Delete(draft);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        };
        using (var file = new FileStream(draft, options))
        {
            file.Write(bytes);
        }

        Move(draft, path);
    }

    /// <summary>Puts one file in the place of another.</summary>
    public static void Move(string from, string path)
    {
        using (var file = new FileStream(from, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        File.Move(from, path, overwrite: true);
        FlushName(path);
    }

    /// <summary>Nothing happens where it is absent.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        FlushName(path);
    }

    /// <summary>A name is on disk when its directory is; the directory itself may be as new as the file.</summary>
    private static void FlushName(string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        FlushDirectory(directory);
        FlushDirectory(Path.GetDirectoryName(directory) ?? directory);
    }

    /// <summary>
    /// Does nothing where it is not to be had: a directory that we may not read is none that we made, and some file
    /// systems flush no directories.
    /// </summary>
    private static void FlushDirectory(string path)
    {
        var descriptor = Open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == NotPermitted)
        {
            return;
        }

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
