using System.Runtime.InteropServices;

namespace Edge.Agent.Reconcile.Volumes;

/// <summary>A tmpfs of a pod. Mounting twice, or unmounting what is not there, is done already.</summary>
internal static class MemoryMount
{
    public static void Ensure(string path, long? bytesMax)
    {
        if (IsMounted(path))
        {
            return;
        }

        Directory.CreateDirectory(path);
        var options = bytesMax is { } bytes ? $"mode=0755,size={bytes}" : "mode=0755";
        if (VolumeNative.mount("tmpfs", path, "tmpfs", VolumeNative.MS_NOSUID | VolumeNative.MS_NODEV, options) != 0)
        {
            throw new VolumeException(
                $"mounting a tmpfs at {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>Unmounts everything at and below the directory, deepest first.</summary>
    public static void RemoveBelow(string directory)
    {
        var mounts = MountPoints()
            .Where(point => point == directory || point.StartsWith(directory + "/", StringComparison.Ordinal))
            .OrderByDescending(point => point.Length).ToList();
        foreach (var point in mounts)
        {
            if (VolumeNative.umount2(point, VolumeNative.MNT_DETACH) != 0)
            {
                throw new IOException(
                    $"unmounting {point}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            }
        }
    }

    private static bool IsMounted(string path) => MountPoints().Contains(path);

    /// <summary>The fifth field of a line of mountinfo is the mount point, its blanks written in octal.</summary>
    private static IEnumerable<string> MountPoints() => File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(' ', 6)[4].Replace("\\040", " ", StringComparison.Ordinal));
}
