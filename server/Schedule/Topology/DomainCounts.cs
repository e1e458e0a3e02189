using System.Numerics;

namespace Edge.Server.Schedule.Topology;

/// <summary>
/// A count per domain number. Takes room for the domains that count something: a small hash at first, an array once
/// that is no larger.
/// </summary>
internal sealed class DomainCounts
{
    private const int Free = -1;

    /// <summary>By domain, or null while hashed.</summary>
    private int[]? _dense;
    private int[] _keys = NewKeys(4);
    private int[] _values = new int[4];
    private int _used;
    private int _highest = 3;

    /// <summary>Domains whose count is not zero.</summary>
    public int NonZero { get; private set; }

    public long Total { get; private set; }

    public int this[int domain]
    {
        get
        {
            if (_dense is { } dense)
            {
                return (uint)domain < (uint)dense.Length ? dense[domain] : 0;
            }

            var at = Find(domain);
            return _keys[at] == domain ? _values[at] : 0;
        }
    }

    /// <summary>Adds to a domain's count and returns what it is then.</summary>
    public int Add(int domain, int delta)
    {
        Total += delta;
        ref var value = ref Slot(domain);
        var before = value;
        value += delta;
        NonZero += (value != 0 ? 1 : 0) - (before != 0 ? 1 : 0);
        return value;
    }

    private static int[] NewKeys(int length)
    {
        var keys = new int[length];
        Array.Fill(keys, Free);
        return keys;
    }

    private ref int Slot(int domain)
    {
        _highest = Math.Max(_highest, domain);
        if (_dense is null)
        {
            var at = Find(domain);
            if (_keys[at] == domain)
            {
                return ref _values[at];
            }

            if (4 * (_used + 1) <= 3 * _keys.Length)
            {
                _used++;
                _keys[at] = domain;
                return ref _values[at];
            }

            Grow();
            return ref Slot(domain);
        }

        if (domain >= _dense.Length)
        {
            Array.Resize(ref _dense, Math.Max(domain + 1, _dense.Length * 2));
        }

        return ref _dense[domain];
    }

    /// <summary>Domains without a count are left behind.</summary>
    private void Grow()
    {
        var (keys, values) = (_keys, _values);
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)((NonZero + 1) * 2));
        length = Math.Max(length, 4);
        if (length * 2 > _highest)
        {
            _dense = new int[_highest + 1];
            (_keys, _values) = ([], []);
        }
        else
        {
            (_keys, _values, _used) = (NewKeys(length), new int[length], 0);
        }

        for (var at = 0; at < keys.Length; at++)
        {
            if (keys[at] != Free && values[at] != 0)
            {
                Slot(keys[at]) = values[at];
            }
        }
    }

    /// <summary>Where the domain is, or where it would go.</summary>
    private int Find(int domain)
    {
        var mask = _keys.Length - 1;
        var at = (int)((uint)domain * 2654435769u >> 8) & mask;
        while (_keys[at] != domain && _keys[at] != Free)
        {
            at = (at + 1) & mask;
        }

        return at;
    }
}
