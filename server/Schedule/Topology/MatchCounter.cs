namespace Edge.Server.Schedule.Topology;

/// <summary>
/// How many placed pods that one selector means there are in each domain of one key; kept up with every pod that comes
/// or goes. With a scope only pods on its nodes count.
/// </summary>
internal sealed class MatchCounter(
    WatchedSelector selector, TopologyKey? key, ScopedNodes? scope, bool countsTerminating)
{
    private int _min;
    private int _atMin;
    private long _minVersion = -1;

    public WatchedSelector Selector { get; } = selector;

    /// <summary>Null counts by node.</summary>
    public TopologyKey? Key { get; } = key;

    public ScopedNodes? Scope { get; } = scope;

    /// <summary>Affinity counts pods that are on their way out, spread does not.</summary>
    public bool CountsTerminating { get; } = countsTerminating;

    public DomainCounts Counts { get; } = new();

    /// <summary>The decision that last needed it.</summary>
    public long LastUsed { get; set; }

    /// <summary>Pods in the domain of the node; 0 when it lacks the label.</summary>
    public int At(int slot) => (Key is null ? slot : Key.DomainOf[slot]) is >= 0 and var domain ? Counts[domain] : 0;

    public void Add(int slot, int delta, bool isTerminating)
    {
        if (isTerminating && !CountsTerminating)
        {
            return;
        }

        var domain = Key is null ? slot : Key.DomainOf[slot];
        if (domain < 0 || (Scope is not null && !Scope.Includes(slot)))
        {
            return;
        }

        var now = Counts.Add(domain, delta);
        if (Scope is not null && _minVersion == Scope.Version)
        {
            FollowMin(now - delta, now);
        }
    }

    /// <summary>The smallest count among the domains of the scope, 0 where there are fewer than wanted.</summary>
    public int Min(int domainsWanted)
    {
        var nodes = Scope!.NodesBy(Key!);
        if (nodes.NonZero < domainsWanted)
        {
            return 0;
        }

        if (_minVersion != Scope.Version || _atMin == 0)
        {
            FindMin(nodes);
        }

        return _min;
    }

    /// <summary>Pods come one by one, so the smallest count is looked for only when the last domain left it.</summary>
    private void FollowMin(int before, int now)
    {
        if (now < _min)
        {
            (_min, _atMin) = (now, 1);
        }
        else if (now == _min)
        {
            _atMin++;
        }

        if (before == _min && now > before)
        {
            _atMin--;
        }
    }

    private void FindMin(DomainCounts nodes)
    {
        (_min, _atMin, _minVersion) = (int.MaxValue, 0, Scope!.Version);
        for (var domain = 0; domain < Key!.Numbers; domain++)
        {
            if (nodes[domain] > 0)
            {
                var count = Counts[domain];
                _atMin = count < _min ? 1 : count == _min ? _atMin + 1 : _atMin;
                _min = Math.Min(_min, count);
            }
        }

        _min = _atMin == 0 ? 0 : _min;
    }
}
