namespace Edge.Server.Schedule.Topology;

/// <summary>
/// A label of nodes by which nodes are near each other, and which domain (value of the label) each node is in. Domains
/// are numbered from 0; the number of one that has no node left is given again.
/// </summary>
internal sealed class TopologyKey(string label)
{
    public const string Hostname = "kubernetes.io/hostname";

    private readonly Dictionary<string, int> _numbers = [];
    private readonly Stack<int> _unused = new();
    private string?[] _values = [];
    private int[] _nodes = [];

    /// <summary>Numbers given so far, in use or not; a domain's number is below.</summary>
    public int Numbers { get; private set; }

    public string Label { get; } = label;

    /// <summary>Domain by node slot; negative where the node lacks the label.</summary>
    public int[] DomainOf { get; private set; } = [];

    /// <summary>No pod may be counted on the node while its domain changes.</summary>
    public void Set(int slot, string? value)
    {
        while (DomainOf.Length <= slot)
        {
            var before = DomainOf.Length;
            var grown = DomainOf;
            Array.Resize(ref grown, Math.Max(16, before * 2));
            Array.Fill(grown, -1, before, grown.Length - before);
            DomainOf = grown;
        }

        var old = DomainOf[slot];
        if (old >= 0 && _values[old] == value)
        {
            return;
        }

        if (old >= 0 && --_nodes[old] == 0)
        {
            _numbers.Remove(_values[old]!);
            _values[old] = null;
            _unused.Push(old);
        }

        DomainOf[slot] = value is null ? -1 : Enter(value);
    }

    private int Enter(string value)
    {
        if (!_numbers.TryGetValue(value, out var number))
        {
            number = _unused.TryPop(out var unused) ? unused : Numbers++;
            if (number >= _nodes.Length)
            {
                var length = Math.Max(16, _nodes.Length * 2);
                Array.Resize(ref _nodes, length);
                Array.Resize(ref _values, length);
            }

            _numbers[value] = number;
            _values[number] = value;
        }

        _nodes[number]++;
        return number;
    }
}
