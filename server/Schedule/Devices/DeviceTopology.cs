namespace Edge.Server.Schedule.Devices;

/// <summary>Positions in a node's devices, ascending, and how close they are to each other.</summary>
internal sealed record DeviceSet(int[] Positions, int Within);

/// <summary>
/// How close each device of a node is to each other, and what was chosen of them before. Nodes of the same build are
/// alike, so that a choice among the same free devices is made once for all of them. Not thread-safe.
/// </summary>
internal sealed class DeviceTopology : IEquatable<DeviceTopology>
{
    /// <summary>
    /// Choices that are remembered; eight devices have 255 sets of free ones. Beyond it all are let go.
    /// </summary>
    private const int RememberedMax = 4096;

    /// <summary>Sets of more devices than bits have no name here and are chosen each time.</summary>
    private const int NamedMax = 64;

    private readonly int[] _boards;
    private readonly int _count;
    private readonly int[] _closeness;
    private readonly int _hash;
    private readonly Dictionary<(ulong Free, int Count), DeviceSet> _chosen = [];

    /// <param name="boards">Of each device, the position of its GPU.</param>
    /// <param name="count">How many GPUs there are.</param>
    /// <param name="closeness">Of each GPU to each: more is closer.</param>
    public DeviceTopology(int[] boards, int count, Func<int, int, int> closeness)
    {
        (_boards, _count, _closeness) = (boards, count, new int[count * count]);
        var hash = new HashCode();
        foreach (var board in boards)
        {
            hash.Add(board);
        }

        for (var at = 0; at < _closeness.Length; at++)
        {
            _closeness[at] = closeness(at / count, at % count);
            hash.Add(_closeness[at]);
        }

        _hash = hash.ToHashCode();
    }

    public int Closeness(int one, int other) => _closeness[(_boards[one] * _count) + _boards[other]];

    /// <summary>What was chosen of the same free devices before; null when nothing is known.</summary>
    public DeviceSet? Chosen(ulong? free, int count) =>
        free is { } name ? _chosen.GetValueOrDefault((name, count)) : null;

    public DeviceSet Remember(ulong? free, int count, DeviceSet chosen)
    {
        if (free is { } name)
        {
            if (_chosen.Count >= RememberedMax)
            {
                _chosen.Clear();
            }

            _chosen[(name, count)] = chosen;
        }

        return chosen;
    }

    /// <summary>A name for a set of devices; null where there are too many for one.</summary>
    public ulong? Name(List<int> set)
    {
        if (_boards.Length > NamedMax)
        {
            return null;
        }

        var name = 0UL;
        foreach (var at in set)
        {
            name |= 1UL << at;
        }

        return name;
    }

    public bool Equals(DeviceTopology? other) =>
        other is not null && _hash == other._hash && _boards.AsSpan().SequenceEqual(other._boards)
        && _closeness.AsSpan().SequenceEqual(other._closeness);

    public override bool Equals(object? other) => Equals(other as DeviceTopology);

    public override int GetHashCode() => _hash;
}

/// <summary>The topologies of the nodes, each once. Not thread-safe.</summary>
internal sealed class DeviceTopologies
{
    /// <summary>
    /// Far more than a fleet has kinds of machines; beyond it all are let go, and come back as nodes tell.
    /// </summary>
    private const int Max = 256;

    private readonly Dictionary<DeviceTopology, DeviceTopology> _known = [];

    /// <summary>The one of those known that is equal, or this one from now on.</summary>
    public DeviceTopology Of(DeviceTopology topology)
    {
        if (_known.TryGetValue(topology, out var known))
        {
            return known;
        }

        if (_known.Count >= Max)
        {
            _known.Clear();
        }

        return _known[topology] = topology;
    }
}
