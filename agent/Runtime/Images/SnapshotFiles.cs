using System.Runtime.InteropServices;
using Edge.Proto.Containerd.Types;

namespace Edge.Agent.Runtime.Images;

/// <summary>What the agent itself does to the filesystem under containerd's snapshots and content.</summary>
internal static class SnapshotFiles
{
    /// <summary>Writes everything of the filesystem that holds the snapshot to the disk.</summary>
    public static void Sync(IEnumerable<Mount> mounts)
    {
        if (WritableDirectory(mounts) is { } directory)
        {
            SyncFileSystem(directory);
        }
    }

    public static void SyncFileSystem(string directory)
    {
        var fd = Libc.Open(directory, Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0);
        if (fd < 0)
        {
            throw Libc.Failure($"opening {directory}", Marshal.GetLastPInvokeError());
        }

        try
        {
            if (Libc.SyncFileSystem(fd) != 0)
            {
                throw Libc.Failure($"syncing {directory}", Marshal.GetLastPInvokeError());
            }
        }
        finally
        {
            Libc.Close(fd);
        }
    }

    /// <summary>
    /// The directories of a snapshot from top to bottom, as the kernel's overlay would search them.
    /// </summary>
    public static IReadOnlyList<string> Directories(IEnumerable<Mount> mounts)
    {
        // Overlay and bind snapshots are one mount.
        foreach (var mount in mounts)
        {
            return Directories(mount);
        }

        return [];
    }

    private static string[] Directories(Mount mount)
    {
        if (mount.Type is "bind" or "rbind")
        {
            return [mount.Source];
        }

        var lower = Option(mount, "lowerdir=")?.Split(':') ?? [];
        return Option(mount, "upperdir=") is { } upper ? [upper, .. lower] : lower;
    }

    private static string? WritableDirectory(IEnumerable<Mount> mounts) =>
        Directories(mounts) is [var top, ..] ? top : null;

    private static string? Option(Mount mount, string prefix) =>
        mount.Options.Where(option => option.StartsWith(prefix, StringComparison.Ordinal))
            .Select(option => option[prefix.Length..])
            .FirstOrDefault();
}
