using System.Globalization;

namespace Edge.Server.Fleet;

/// <summary>Which node has which block of 10.64.0.0/10, in blocks of /24, one a node.</summary>
internal sealed class CidrBlocks
{
    /// <summary>A /10 holds this many /24.</summary>
    public const int Blocks = 1 << 14;

    private readonly Dictionary<string, int> _ofNode = [];

    /// <summary>How many nodes have it: two may by a person's hand.</summary>
    private readonly int[] _taken = new int[Blocks];

    /// <summary>All below are taken.</summary>
    private int _lowest;

    /// <summary>The lowest free block, or null when all are taken.</summary>
    public string? Next()
    {
        while (_lowest < Blocks && _taken[_lowest] > 0)
        {
            _lowest++;
        }

        return _lowest == Blocks ? null : $"10.{64 + (_lowest >> 8)}.{_lowest & 255}.0/24";
    }

    /// <summary>The node has this block; what is none of ours takes none.</summary>
    public void Take(string node, string? cidr)
    {
        if (IndexOf(cidr) is var index && _ofNode.TryGetValue(node, out var known) && known == index)
        {
            return;
        }

        Free(node);
        if (index is { } block)
        {
            _ofNode[node] = block;
            _taken[block]++;
        }
    }

    public bool Has(string node) => _ofNode.ContainsKey(node);

    public void Free(string node)
    {
        if (_ofNode.Remove(node, out var block) && --_taken[block] == 0)
        {
            _lowest = Math.Min(_lowest, block);
        }
    }

    public void Clear()
    {
        _ofNode.Clear();
        Array.Clear(_taken);
        _lowest = 0;
    }

    private static int? IndexOf(string? cidr)
    {
        var parts = cidr?.Split('.', '/') ?? [];
        return parts.Length == 5 && parts[0] == "10"
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var high)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var low)
            && ((high - 64) << 8) + low is >= 0 and < Blocks and var index
                ? index
                : null;
    }
}
