namespace Edge.Agent.Runtime.Spec;

/// <summary>Reads what kind of device a node of the host is.</summary>
internal static class HostDevice
{
    public static OciDevice Read(DeviceNode node) => Read(node.HostPath, node.ContainerPath)
        ?? throw new RuntimeException(RuntimeReason.Refused, $"{node.HostPath} is no device");

    /// <summary>Null when there is none at the path.</summary>
    public static OciDevice? At(string path) => Read(path, path);

    /// <summary>Every device of the host, for a privileged container, after those that were asked for.</summary>
    public static IReadOnlyList<OciDevice> All(IReadOnlyList<OciDevice> asked)
    {
        string[] skipped = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console"];
        var options = new EnumerationOptions { AttributesToSkip = 0 };
        var pending = new Stack<string>(["/dev"]);
        var found = new List<OciDevice>(asked);
        while (pending.TryPop(out var directory))
        {
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", options))
            {
                if (entry.LinkTarget is not null || skipped.Contains(entry.FullName))
                {
                    continue;
                }

                if (entry is DirectoryInfo)
                {
                    pending.Push(entry.FullName);
                }
                else if (Read(entry.FullName, entry.FullName) is { } device
                    && !found.Exists(other => other.Path == device.Path))
                {
                    found.Add(device);
                }
            }
        }

        return found;
    }

    private static OciDevice? Read(string host, string inside)
    {
        if (Libc.Stat(host) is not { } stat || stat.Kind is not (Libc.KindCharacter or Libc.KindBlock))
        {
            return null;
        }

        return new OciDevice(
            inside, stat.Kind == Libc.KindBlock ? "b" : "c", stat.DeviceMajor, stat.DeviceMinor,
            stat.Permissions, stat.Uid, stat.Gid);
    }
}
