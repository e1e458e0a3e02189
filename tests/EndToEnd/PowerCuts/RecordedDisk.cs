namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>All that a recording says, in the form that cuts are made from.</summary>
internal sealed class RecordedDisk
{
    private readonly string _root;
    private readonly List<DiskRecord> _names = [];
    private readonly Dictionary<int, DiskFile> _created = [];
    private readonly List<(long End, int Names)> _nameFlushes = [];
    private readonly List<long> _ends = [];

    public RecordedDisk(ReadOnlyMemory<byte> log, string root)
    {
        _root = root;
        var files = new Dictionary<ulong, DiskFile>();
        foreach (var record in DiskRecord.ReadAll(log))
        {
            _ends.Add(record.End);
            switch (record.Kind)
            {
                case 'W' or 'T' or 'S':
                    // Somebody else may have made it: then it has no name here.
                    var file = files.GetValueOrDefault(record.Inode) ?? (files[record.Inode] = new DiskFile());
                    file.Add(record);
                    break;
                case 'D':
                    _nameFlushes.Add((record.End, Flushed(record)));
                    break;
                case 'C':
                    files[record.Inode] = _created[_names.Count] = new DiskFile();
                    _names.Add(record);
                    break;
                default:
                    _names.Add(record);
                    break;
            }
        }
    }

    /// <summary>Every point at which a cut is between two records.</summary>
    public IReadOnlyList<long> Ends => _ends;

    /// <summary>How many changes of names were made before the cut, and how many of those a cut cannot undo.</summary>
    public (int Made, int Durable) NamesAt(long cut) =>
        (DiskFile.Before(_names, cut), _nameFlushes.Where(flush => flush.End <= cut).Select(flush => flush.Names)
            .DefaultIfEmpty(0).Max());

    /// <summary>
    /// What lies where after so many changes of names, by the path below the root: a <see cref="DiskFile"/>, the target
    /// of a link, or null for a directory.
    /// </summary>
    public SortedDictionary<string, object?> Tree(int names)
    {
        var tree = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        for (var at = 0; at < names; at++)
        {
            Apply(tree, at);
        }

        return tree;
    }

    private void Apply(SortedDictionary<string, object?> tree, int at)
    {
        var path = Below(_names[at].Path);
        switch (_names[at].Kind)
        {
            case 'C':
                tree[path] = _created[at];
                break;
            case 'M':
                tree[path] = null;
                break;
            case 'Y':
                tree[path] = _names[at].Other;
                break;
            case 'L':
                tree[Below(_names[at].Other)] = tree.GetValueOrDefault(path);
                break;
            case 'R':
                Rename(tree, path, Below(_names[at].Other));
                break;
            default:
                tree.Remove(path);
                break;
        }
    }

    private static void Rename(SortedDictionary<string, object?> tree, string from, string to)
    {
        var moved = tree.Where(entry => entry.Key == from || entry.Key.StartsWith(from + "/", StringComparison.Ordinal))
            .ToList();
        foreach (var (path, node) in moved)
        {
            tree.Remove(path);
            tree[to + path[from.Length..]] = node;
        }
    }

    /// <summary>
    /// A file system with a journal keeps the order of names: what a flush of a directory makes durable, it makes so
    /// with all that happened to any name before.
    /// </summary>
    private int Flushed(DiskRecord flush)
    {
        var last = DiskFile.Before(_names, flush.Position);
        while (last > 0 && !Touches(_names[last - 1], flush.Path))
        {
            last--;
        }

        return last;
    }

    private static bool Touches(DiskRecord name, string directory) =>
        Path.GetDirectoryName(name.Path) == directory
        || (name.Kind is 'R' or 'L' && Path.GetDirectoryName(name.Other) == directory);

    private string Below(string path) => path.Length > _root.Length ? path[(_root.Length + 1)..] : "";
}
