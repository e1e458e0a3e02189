using System.Runtime.InteropServices;

namespace Edge.Agent.Reconcile.Volumes;

/// <summary>
/// Writes a volume's files as Kubernetes does: whole into a new directory, then one rename of the <c>..data</c> link.
/// A reader sees either all old or all new files. The directory is named after its content, so a repeated write, also
/// after a restart, finds its work done. Nothing is synced: what a power cut took from the files is seen by looking.
/// </summary>
internal static class AtomicFiles
{
    private const string DataLink = "..data";

    public static void Write(string volumeDir, ProjectedVolume volume, long? fsGroup)
    {
        Directory.CreateDirectory(volumeDir);
        var name = ".." + VolumePlan.DigestOf(volume);
        var link = Path.Combine(volumeDir, DataLink);
        var content = Path.Combine(volumeDir, name);
        var linked = new FileInfo(link).LinkTarget == name;
        if (!linked || !IsWhole(content, volume))
        {
            if (linked)
            {
                File.Delete(link);
            }

            if (Directory.Exists(content))
            {
                // Left half-written by a crash.
                Directory.Delete(content, recursive: true);
            }

            WriteFiles(content, volume, fsGroup);
            Swap(link, name);
        }

        LinkTopNames(volumeDir, volume);
        RemoveOld(volumeDir, name);
    }

    private static bool IsWhole(string content, ProjectedVolume volume)
    {
        foreach (var file in volume.Files)
        {
            var there = new FileInfo(Path.Combine(content, file.Path));
            if (!there.Exists || there.Length != file.Content.Length
                || !File.ReadAllBytes(there.FullName).AsSpan().SequenceEqual(file.Content))
            {
                return false;
            }
        }

        return true;
    }

    private static void WriteFiles(string content, ProjectedVolume volume, long? fsGroup)
    {
        Directory.CreateDirectory(content);
        foreach (var file in volume.Files)
        {
            var path = Path.GetFullPath(Path.Combine(content, file.Path));
            if (!path.StartsWith(content + "/", StringComparison.Ordinal))
            {
                throw new VolumeException($"volume \"{volume.Name}\" has a file outside of it: {file.Path}");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Content);
            var mode = (UnixFileMode)file.Mode;
            File.SetUnixFileMode(path, fsGroup is null ? mode : mode | UnixFileMode.GroupRead);
            if (fsGroup is { } group && VolumeNative.lchown(path, uint.MaxValue, (uint)group) != 0)
            {
                throw new VolumeException($"volume \"{volume.Name}\": the group {group} cannot own {file.Path}");
            }
        }
    }

    private static void Swap(string link, string target)
    {
        var draft = link + "_tmp";
        File.Delete(draft);
        File.CreateSymbolicLink(draft, target);
        // Renamed by the kernel itself: File.Move looks for what the link points to.
        if (VolumeNative.rename(draft, link) != 0)
        {
            throw new IOException(
                $"renaming {draft}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>Names at the top lead through the link, so that a swap moves all of them at once.</summary>
    private static void LinkTopNames(string volumeDir, ProjectedVolume volume)
    {
        var wanted = volume.Files.Select(file => file.Path.Split('/')[0]).ToHashSet();
        foreach (var name in wanted)
        {
            var path = Path.Combine(volumeDir, name);
            if (new FileInfo(path).LinkTarget is null)
            {
                File.CreateSymbolicLink(path, Path.Combine(DataLink, name));
            }
        }

        foreach (var path in Directory.EnumerateFileSystemEntries(volumeDir).ToList())
        {
            var name = Path.GetFileName(path);
            if (!name.StartsWith("..", StringComparison.Ordinal) && !wanted.Contains(name))
            {
                File.Delete(path);
            }
        }
    }

    private static void RemoveOld(string volumeDir, string current)
    {
        foreach (var directory in Directory.EnumerateDirectories(volumeDir, "..*").ToList())
        {
            var name = Path.GetFileName(directory);
            if (name != current && name != DataLink)
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }
}
