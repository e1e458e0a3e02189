using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>
/// All watched selectors, found by a label that the pods they mean must have. Most selectors name one, so a pod meets
/// only the few that could mean it.
/// </summary>
internal sealed class SelectorIndex
{
    private readonly Dictionary<string, WatchedSelector> _byText = [];
    private readonly Dictionary<(string, string), List<WatchedSelector>> _byAnchor = [];
    private readonly List<WatchedSelector> _anywhere = [];

    /// <summary>Grows whenever another set of selectors may mean a pod.</summary>
    public long Version { get; private set; }

    public IReadOnlyCollection<WatchedSelector> All => _byText.Values;

    public WatchedSelector Get(PodSelector pods)
    {
        if (!_byText.TryGetValue(pods.Text, out var watched))
        {
            watched = new WatchedSelector(pods);
            _byText[pods.Text] = watched;
            ListOf(pods).Add(watched);
            Version++;
        }

        return watched;
    }

    /// <summary>Forgets a selector that nothing needs any more.</summary>
    public void DropIfIdle(WatchedSelector watched)
    {
        if (watched.Counters.Count > 0 || watched.Carried.Count > 0)
        {
            return;
        }

        _byText.Remove(watched.Pods.Text);
        var list = ListOf(watched.Pods);
        list.Remove(watched);
        if (list.Count == 0 && watched.Pods.Anchor is { } anchor)
        {
            _byAnchor.Remove(anchor);
        }

        Version++;
    }

    /// <summary>Something besides the selectors changed what they mean, or what hangs on them.</summary>
    public void Changed() => Version++;

    public void Find(PodDemand pod, LabelSet nsLabels, List<WatchedSelector> into)
    {
        into.Clear();
        Add(_anywhere, pod, nsLabels, into);
        for (var at = 0; at < pod.Labels.Count; at++)
        {
            if (_byAnchor.TryGetValue(pod.Labels.At(at), out var list))
            {
                Add(list, pod, nsLabels, into);
            }
        }
    }

    private static void Add(
        List<WatchedSelector> from, PodDemand pod, LabelSet nsLabels, List<WatchedSelector> into)
    {
        foreach (var watched in from)
        {
            if (watched.Pods.Matches(pod.Namespace, nsLabels, pod.Labels))
            {
                into.Add(watched);
            }
        }
    }

    private List<WatchedSelector> ListOf(PodSelector pods)
    {
        if (pods.Anchor is not { } anchor)
        {
            return _anywhere;
        }

        if (!_byAnchor.TryGetValue(anchor, out var list))
        {
            list = _byAnchor[anchor] = [];
        }

        return list;
    }
}
