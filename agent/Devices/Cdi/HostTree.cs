namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// Files of the host below a root, in the names that they have without it: a driver may be installed somewhere of its
/// own, such as <c>/run/nvidia/driver</c>, and tests have a machine in a directory.
/// </summary>
internal sealed class HostTree(string root)
{
    /// <summary>What stands before a name to find it on the host; empty for /.</summary>
    public string Prefix { get; } = Path.GetFullPath(root).TrimEnd('/');

    /// <summary>Where the host has a name that begins with /.</summary>
    public string On(string path) => Prefix + path;

    public bool Has(string path) => File.Exists(On(path));

    /// <summary>Empty when there is no such file.</summary>
    public string Text(string path) => Has(path) ? File.ReadAllText(On(path)) : "";

    public List<string> Existing(string[] paths)
    {
        var existing = new List<string>();
        foreach (var path in paths)
        {
            if (Has(path))
            {
                existing.Add(path);
            }
        }

        return existing;
    }

    /// <summary>The entries of a directory, in order; none when there is no such directory.</summary>
    public List<string> Entries(string directory, string pattern)
    {
        var paths = new List<string>();
        if (Directory.Exists(On(directory)))
        {
            foreach (var entry in Directory.GetFileSystemEntries(On(directory), pattern))
            {
                paths.Add($"{directory}/{Path.GetFileName(entry)}");
            }
        }

        paths.Sort(StringComparer.Ordinal);
        return paths;
    }

    /// <summary>
    /// Where a symbolic link ends; null for what is no link, or leads out of the root.
    /// </summary>
    public string? TargetOf(string path) =>
        File.ResolveLinkTarget(On(path), returnFinalTarget: true)?.FullName is { } target
        && target.StartsWith($"{Prefix}/", StringComparison.Ordinal) ? target[Prefix.Length..] : null;
}
