using System.Text.Json;

namespace Edge.Agent.Network;

/// <summary>The directories and records of all sandboxes of this node, as they lie on disk.</summary>
internal sealed class SandboxFiles(string runDir)
{
    public string Root { get; } = Path.Combine(runDir, "sandboxes");

    public SandboxPaths Paths(string uid) => new(Path.Combine(Root, uid));

    public IReadOnlyList<string> Uids() => Directory.Exists(Root)
        ? [.. Directory.EnumerateDirectories(Root).Select(Path.GetFileName).OfType<string>()
            .Order(StringComparer.Ordinal)]
        : [];

    /// <summary>
    /// Null when there is no record, or when a crash has left an unreadable one: the sandbox is half made.
    /// </summary>
    public SandboxRecord? Read(string uid)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Paths(uid).Record), NetworkJson.Default.SandboxRecord);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Write(SandboxRecord record)
    {
        var paths = Paths(record.Request.Uid);
        Directory.CreateDirectory(paths.Root);
        var next = paths.Record + ".next";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(record, NetworkJson.Default.SandboxRecord));
        File.Move(next, paths.Record, overwrite: true);
    }

    /// <summary>
    /// Unpins everything and removes the directory; the record goes last, so that a crash leaves it findable.
    /// </summary>
    public void Delete(string uid)
    {
        var paths = Paths(uid);
        foreach (var mounted in (string[])[paths.Net, paths.Ipc, paths.Uts, paths.Shm])
        {
            NamespacePins.Unmount(mounted);
        }

        if (Directory.Exists(paths.Root))
        {
            Directory.Delete(paths.Root, recursive: true);
        }
    }

    /// <summary>
    /// Makes the root a shared mount where it is not one yet, as <c>ip netns</c> does: only then do pins appear in the
    /// mount namespace of a containerd that has its own.
    /// </summary>
    public void Share()
    {
        Directory.CreateDirectory(Root);
        var root = Path.GetFullPath(Root);
        if (MountTable.Holding(MountTable.Read(), root) is { Shared: true })
        {
            return;
        }

        if (LinuxNative.Mount(root, root, null, LinuxNative.MsBind | LinuxNative.MsRec, null) != 0
            || LinuxNative.Mount("none", root, null, LinuxNative.MsShared | LinuxNative.MsRec, null) != 0)
        {
            throw LinuxNative.Failure($"share the mounts under {root}");
        }
    }
}
