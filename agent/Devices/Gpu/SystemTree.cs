namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// Files of /proc, /sys and /etc below a root that tests replace. What is not there or not readable is null.
/// </summary>
internal sealed class SystemTree(string root)
{
    public bool Has(string path) => Path.Exists(Path.Combine(root, path));

    /// <summary>Without the line's end; a device tree's texts end in NUL.</summary>
    public string? Text(string path)
    {
        // Most machines lack some of these, and exceptions were a tenth of a whole look.
        if (!Has(path))
        {
            return null;
        }

        try
        {
            return File.ReadAllText(Path.Combine(root, path)).Trim('\n', ' ', '\0');
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public long? Number(string path) => long.TryParse(Text(path), out var number) ? number : null;

    /// <summary>The names in a directory, in order; none when there is no such directory.</summary>
    public string[] Names(string directory)
    {
        if (!Has(directory))
        {
            return [];
        }

        try
        {
            var names = Directory.GetFileSystemEntries(Path.Combine(root, directory));
            for (var index = 0; index < names.Length; index++)
            {
                names[index] = Path.GetFileName(names[index]);
            }

            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
