namespace Edge.Server.Schema.Apply;

/// <summary>
/// A set of paths as a tree. A node is in the set itself when it is a member, whatever stands below it. Built once by
/// whoever makes it, then never changed.
/// </summary>
internal sealed class FieldSet
{
    private readonly List<Node> _nodes = [];

    public static FieldSet Empty { get; } = new();

    public IReadOnlyList<Node> Nodes => _nodes;

    public bool IsEmpty => _nodes.Count == 0;

    /// <summary>While the set is built: the path of this one step is in it.</summary>
    public void Add(string element) => Add(element, isMember: true, null);

    /// <summary>While the set is built: all of <paramref name="below"/> stands below this step.</summary>
    public void Add(string element, bool isMember, FieldSet? below)
    {
        if (!isMember && below is null or { IsEmpty: true })
        {
            return;
        }

        var at = Place(element);
        if (at < 0)
        {
            _nodes.Insert(~at, new Node(element, isMember, below ?? Empty));
            return;
        }

        var known = _nodes[at];
        _nodes[at] = new Node(element, known.IsMember || isMember,
            below is null or { IsEmpty: true } ? known.Below : known.Below.Union(below));
    }

    public Node? Find(string element) => Place(element) is >= 0 and var at ? _nodes[at] : null;

    public bool Has(params ReadOnlySpan<string> path) => Find(path[0]) is { } node
        && (path.Length == 1 ? node.IsMember : node.Below.Has(path[1..]));

    public FieldSet Union(FieldSet other)
    {
        if (other.IsEmpty)
        {
            return this;
        }

        if (IsEmpty)
        {
            return other;
        }

        var result = new FieldSet();
        for (int at = 0, to = 0; at < _nodes.Count || to < other._nodes.Count;)
        {
            var order = at == _nodes.Count ? 1 : to == other._nodes.Count ? -1
                : FieldElement.Compare(_nodes[at].Element, other._nodes[to].Element);
            var node = order <= 0 ? _nodes[at] : other._nodes[to];
            if (order == 0)
            {
                var twin = other._nodes[to];
                node = new Node(node.Element, node.IsMember || twin.IsMember, node.Below.Union(twin.Below));
            }

            result._nodes.Add(node);
            at += order <= 0 ? 1 : 0;
            to += order >= 0 ? 1 : 0;
        }

        return result;
    }

    /// <summary>The members that are not members of the other set; what stands below them stays.</summary>
    public FieldSet Difference(FieldSet other) => Combine(other, (node, twin) => twin is null ? node
        : new Node(node.Element, node.IsMember && !twin.IsMember, node.Below.Difference(twin.Below)));

    /// <summary>The same without anything that stands below a member of the other set.</summary>
    public FieldSet DifferenceBelow(FieldSet other) => Combine(other, (node, twin) => twin is null ? node
        : twin.IsMember ? null : new Node(node.Element, node.IsMember, node.Below.DifferenceBelow(twin.Below)));

    public FieldSet Intersection(FieldSet other) => Combine(other, (node, twin) => twin is null ? null
        : new Node(node.Element, node.IsMember && twin.IsMember, node.Below.Intersection(twin.Below)));

    /// <summary>The set with every field of an object as a member that leads to one.</summary>
    public FieldSet WithNamed(SchemaNode? node)
    {
        var result = new FieldSet();
        foreach (var item in _nodes)
        {
            var field = FieldElement.IsField(item.Element, out var name) ? node?.Find(name) : null;
            var below = field?.Node ?? node?.Item;
            var isMember = item.IsMember || (field is not null && !item.Below.IsEmpty);
            result._nodes.Add(new Node(item.Element, isMember, item.Below.WithNamed(below)));
        }

        return result;
    }

    public bool IsSame(FieldSet other)
    {
        if (_nodes.Count != other._nodes.Count)
        {
            return false;
        }

        for (var at = 0; at < _nodes.Count; at++)
        {
            var (node, twin) = (_nodes[at], other._nodes[at]);
            if (node.Element != twin.Element || node.IsMember != twin.IsMember || !node.Below.IsSame(twin.Below))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Every member as messages show it, members before what stands below them.</summary>
    public IEnumerable<string> Paths(string prefix = "")
    {
        foreach (var node in _nodes.Where(node => node.IsMember))
        {
            yield return prefix + FieldElement.Text(node.Element);
        }

        foreach (var node in _nodes.Where(node => !node.Below.IsEmpty))
        {
            foreach (var path in node.Below.Paths(prefix + FieldElement.Text(node.Element)))
            {
                yield return path;
            }
        }
    }

    private FieldSet Combine(FieldSet other, Func<Node, Node?, Node?> keep)
    {
        var result = new FieldSet();
        foreach (var node in _nodes)
        {
            if (keep(node, other.Find(node.Element)) is { } kept && (kept.IsMember || !kept.Below.IsEmpty))
            {
                result._nodes.Add(kept);
            }
        }

        return result;
    }

    /// <summary>Where the step stands, or the complement of where it would.</summary>
    private int Place(string element)
    {
        var (low, high) = (0, _nodes.Count - 1);
        if (high >= 0 && FieldElement.Compare(_nodes[high].Element, element) < 0)
        {
            // Most sets are built in order.
            return ~_nodes.Count;
        }

        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = FieldElement.Compare(_nodes[middle].Element, element);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    internal sealed record Node(string Element, bool IsMember, FieldSet Below);
}
