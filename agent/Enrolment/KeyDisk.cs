using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Agent.Enrolment;

/// <summary>
/// The few files that say who this node is. Each call but <see cref="Read"/> has happened whole or not at all after a
/// power cut, and has happened once it returned.
/// </summary>
internal interface IKeyDisk
{
    /// <summary>Null when the file is absent.</summary>
    string? Read(string name);

    void Write(string name, string text);

    /// <summary>Puts one file in the place of another.</summary>
    void Move(string from, string to);

    void Delete(string name);
}

/// <summary>A directory that only its owner may enter, made at the first write.</summary>
internal sealed partial class KeyDisk(string directory) : IKeyDisk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>O_RDONLY | O_CLOEXEC of Linux on every architecture that .NET runs on.</summary>
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>EINVAL, of file systems that flush no directories.</summary>
    private const int NotSupported = 22;

    public string? Read(string name)
    {
        var path = Path.Combine(directory, name);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    public void Write(string name, string text)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            Flush(Path.GetDirectoryName(Path.GetFullPath(directory))!);
        }

        var path = Path.Combine(directory, name);
        var draft = path + ".new";
        File.Delete(draft);
        using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
        Flush(directory);
    }

    public void Move(string from, string to)
    {
        File.Move(Path.Combine(directory, from), Path.Combine(directory, to), overwrite: true);
        Flush(directory);
    }

    public void Delete(string name)
    {
        File.Delete(Path.Combine(directory, name));
        Flush(directory);
    }

    /// <summary>A name is on disk when its directory is.</summary>
    private static void Flush(string path)
    {
        var descriptor = open(path, ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"cannot open directory {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            if (fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != NotSupported)
            {
                throw new IOException($"cannot flush directory {path}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
