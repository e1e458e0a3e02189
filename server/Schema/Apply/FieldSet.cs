namespace Edge.Server.Schema.Apply;

/// <summary>
/// A set of paths as a tree, never changed. A node is in the set itself when it is a member, whatever stands below it.
/// </summary>
internal sealed class FieldSet
{
    private static readonly Comparison<Node> s_order = (one, other) =>
        FieldElement.Compare(one.Element, other.Element);

    private readonly List<Node> _nodes;

    private FieldSet(List<Node> nodes) => _nodes = nodes;

    public static FieldSet Empty { get; } = new([]);

    public IReadOnlyList<Node> Nodes => _nodes;

    public bool IsEmpty => _nodes.Count == 0;

    /// <summary>
    /// The set of these steps, in any order. A step that stands more than once is a member where one of them is, with
    /// what stands below all of them. Takes n log n comparisons for all nodes; the list is the set's from then on.
    /// </summary>
    public static FieldSet Of(List<Node> nodes)
    {
        if (nodes.Count == 0)
        {
            return Empty;
        }

        // Most sets are built in order.
        for (var at = 0; at < nodes.Count; at++)
        {
            if (IsNothing(nodes[at]) || (at > 0 && s_order(nodes[at - 1], nodes[at]) >= 0))
            {
                return Sorted(nodes);
            }
        }

        return new FieldSet(nodes);
    }

    /// <summary>All sets in one, at the cost of sorting all their nodes once.</summary>
    public static FieldSet Union(IReadOnlyList<FieldSet> sets)
    {
        if (sets.Count <= 2)
        {
            return sets switch { [] => Empty, [var one] => one, _ => sets[0].Union(sets[1]) };
        }

        var nodes = new List<Node>();
        foreach (var set in sets)
        {
            nodes.AddRange(set._nodes);
        }

        return Of(nodes);
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

        var result = new List<Node>(Math.Max(_nodes.Count, other._nodes.Count));
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

            result.Add(node);
            at += order <= 0 ? 1 : 0;
            to += order >= 0 ? 1 : 0;
        }

        return new FieldSet(result);
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
        var result = new List<Node>(_nodes.Count);
        foreach (var item in _nodes)
        {
            var field = FieldElement.IsField(item.Element, out var name) ? node?.Find(name) : null;
            var below = field?.Node ?? node?.Item;
            var isMember = item.IsMember || (field is not null && !item.Below.IsEmpty);
            result.Add(new Node(item.Element, isMember, item.Below.WithNamed(below)));
        }

        return result.Count == 0 ? Empty : new FieldSet(result);
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
        var result = new List<Node>();
        foreach (var node in _nodes)
        {
            if (keep(node, other.Find(node.Element)) is { } kept && !IsNothing(kept))
            {
                result.Add(kept);
            }
        }

        return result.Count == 0 ? Empty : new FieldSet(result);
    }

    private static bool IsNothing(Node node) => !node.IsMember && node.Below.IsEmpty;

    private static FieldSet Sorted(List<Node> nodes)
    {
        nodes.RemoveAll(IsNothing);
        nodes.Sort(s_order);
        var result = new List<Node>(nodes.Count);
        for (var at = 0; at < nodes.Count;)
        {
            var first = at++;
            while (at < nodes.Count && nodes[at].Element == nodes[first].Element)
            {
                at++;
            }

            result.Add(at == first + 1 ? nodes[first] : Joined(nodes[first..at]));
        }

        return result.Count == 0 ? Empty : new FieldSet(result);
    }

    private static Node Joined(List<Node> same)
    {
        var isMember = false;
        var below = new List<FieldSet>();
        foreach (var node in same)
        {
            isMember |= node.IsMember;
            if (!node.Below.IsEmpty)
            {
                below.Add(node.Below);
            }
        }

        return new Node(same[0].Element, isMember, Union(below));
    }

    /// <summary>Where the step stands, or the complement of where it would.</summary>
    private int Place(string element)
    {
        var (low, high) = (0, _nodes.Count - 1);
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

    internal sealed record Node(string Element, bool IsMember, FieldSet Below)
    {
        /// <summary>The path of this one step.</summary>
        public static Node Leaf(string element) => new(element, IsMember: true, Empty);
    }
}
