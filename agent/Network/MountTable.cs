using System.Text;

namespace Edge.Agent.Network;

/// <summary>One line of the kernel's mount table, as far as sandboxes care.</summary>
internal sealed record MountEntry(string Target, string FileSystem, bool Shared);

/// <summary>Reads <c>/proc/self/mountinfo</c>, the only truth about which pin is really mounted.</summary>
internal static class MountTable
{
    public static IReadOnlyList<MountEntry> Read() => Parse(File.ReadLines("/proc/thread-self/mountinfo"));

    /// <summary>
    /// The mount that a path lies on: the longest target that contains it, the later one where two are equal.
    /// </summary>
    public static MountEntry? Holding(IReadOnlyList<MountEntry> mounts, string path)
    {
        MountEntry? found = null;
        foreach (var mount in mounts)
        {
            var contains = path == mount.Target || mount.Target == "/"
                || path.StartsWith(mount.Target + "/", StringComparison.Ordinal);
            if (contains && mount.Target.Length >= (found?.Target.Length ?? 0))
            {
                found = mount;
            }
        }

        return found;
    }

    /// <summary>Format, see proc(5): id parent major:minor root TARGET options [tag…] - TYPE source options.</summary>
    public static IReadOnlyList<MountEntry> Parse(IEnumerable<string> lines)
    {
        var mounts = new List<MountEntry>();
        foreach (var line in lines)
        {
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-", 6 <= fields.Length ? 6 : fields.Length);
            if (dash < 0 || dash + 1 >= fields.Length)
            {
                continue;
            }

            var shared = fields.AsSpan(6, dash - 6).ToArray()
                .Any(tag => tag.StartsWith("shared:", StringComparison.Ordinal));
            mounts.Add(new MountEntry(Unescape(fields[4]), fields[dash + 1], shared));
        }

        return mounts;
    }

    /// <summary>The kernel writes space, tab, newline and backslash as three octal digits.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\'))
        {
            return field;
        }

        var text = new StringBuilder();
        for (var at = 0; at < field.Length; at++)
        {
            if (field[at] == '\\' && at + 3 < field.Length)
            {
                text.Append((char)Convert.ToInt32(field.Substring(at + 1, 3), 8));
                at += 3;
            }
            else
            {
                text.Append(field[at]);
            }
        }

        return text.ToString();
    }
}
