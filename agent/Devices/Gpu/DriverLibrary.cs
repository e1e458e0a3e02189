using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// One of the driver's libraries, loaded. Its functions are looked up by name at each call: a driver may lack any of
/// them, and a lookup takes less than a microsecond in a process that lives for milliseconds. Such a process leaves the
/// library to its own end: what a driver does when it is unloaded is not to be waited for.
/// </summary>
internal sealed class DriverLibrary : SafeHandle
{
    /// <summary>Where drivers are under a root, as NVIDIA's own container toolkit looks for them.</summary>
    private static readonly string[] s_folders =
    [
        "usr/lib64", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu/nvidia",
        "usr/lib/aarch64-linux-gnu/tegra", "usr/lib", "usr/lib/wsl/lib", "lib",
    ];

    private DriverLibrary(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    /// <summary>Null when it is nowhere: a normal answer. By the loader's own rules first when the root is /.</summary>
    public static DriverLibrary? Load(string root, string name)
    {
        if (root == "/" && NativeLibrary.TryLoad(name, out var found))
        {
            return new DriverLibrary(found);
        }

        return PathOf(root, name) is { } path && NativeLibrary.TryLoad(path, out found)
            ? new DriverLibrary(found)
            : null;
    }

    /// <summary>The file under a root; null when there is none.</summary>
    public static string? PathOf(string root, string name)
    {
        foreach (var folder in s_folders)
        {
            var path = Path.Combine(root, folder, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    /// <summary>0 when the library does not have it.</summary>
    public nint Function(string name) => NativeLibrary.TryGetExport(handle, name, out var address) ? address : 0;

    /// <summary>A C text of a buffer that may not end in NUL.</summary>
    public static string Text(ReadOnlySpan<byte> buffer)
    {
        var end = buffer.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? buffer : buffer[..end]);
    }

    protected override bool ReleaseHandle()
    {
        NativeLibrary.Free(handle);
        return true;
    }
}
