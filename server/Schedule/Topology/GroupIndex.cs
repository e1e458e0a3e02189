using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>
/// Groups of placed pods, found by what selectors ask for: a namespace, or a label. A label key is indexed once a
/// selector asked for it, so only the few keys that name applications are.
/// </summary>
internal sealed class GroupIndex
{
    /// <summary>Label keys indexed at most; a selector by another key walks its namespace.</summary>
    private const int KeysMax = 16;

    private readonly HashSet<PodGroup> _all = [];
    private readonly Dictionary<string, HashSet<PodGroup>> _byNamespace = [];
    private readonly Dictionary<string, Dictionary<string, HashSet<PodGroup>>> _byLabel = [];

    public void Add(PodGroup group)
    {
        _all.Add(group);
        Into(_byNamespace, group.Demand.Namespace, group);
        foreach (var (key, groups) in _byLabel)
        {
            if (group.Demand.Labels[key] is { } value)
            {
                Into(groups, value, group);
            }
        }
    }

    public void Remove(PodGroup group)
    {
        _all.Remove(group);
        OutOf(_byNamespace, group.Demand.Namespace, group);
        foreach (var (key, groups) in _byLabel)
        {
            if (group.Demand.Labels[key] is { } value)
            {
                OutOf(groups, value, group);
            }
        }
    }

    /// <summary>Every group that the selector may mean, and others.</summary>
    public IReadOnlyCollection<PodGroup> NearTo(PodSelector pods) =>
        pods.Anchor is { } anchor && ByLabel(anchor.Key) is { } groups ? groups.GetValueOrDefault(anchor.Value) ?? []
        : pods.OnlyNamespace is { } only ? _byNamespace.GetValueOrDefault(only) ?? []
        : _all;

    private Dictionary<string, HashSet<PodGroup>>? ByLabel(string key)
    {
        if (!_byLabel.TryGetValue(key, out var groups) && _byLabel.Count < KeysMax)
        {
            groups = _byLabel[key] = [];
            foreach (var group in _all)
            {
                if (group.Demand.Labels[key] is { } value)
                {
                    Into(groups, value, group);
                }
            }
        }

        return groups;
    }

    private static void Into(Dictionary<string, HashSet<PodGroup>> groups, string by, PodGroup group)
    {
        if (!groups.TryGetValue(by, out var here))
        {
            here = groups[by] = new HashSet<PodGroup>(1);
        }

        here.Add(group);
    }

    private static void OutOf(Dictionary<string, HashSet<PodGroup>> groups, string by, PodGroup group)
    {
        if (groups.TryGetValue(by, out var here) && here.Remove(group) && here.Count == 0)
        {
            groups.Remove(by);
        }
    }
}
