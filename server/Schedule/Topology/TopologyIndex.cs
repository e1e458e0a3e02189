using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>
/// Counts that answer what pods say about other pods, kept up with each pod and node that comes or goes, so that no
/// placement ever walks the pods. Owned by <see cref="ClusterState"/>.
/// </summary>
internal sealed class TopologyIndex
{
    /// <summary>Weight of a placed pod's required affinity for pods it means (kube-scheduler's default).</summary>
    private const int RequiredNearWeight = 1;

    private readonly SelectorIndex _selectors = new();
    private readonly NodeGroups _nodes = new();
    private readonly Dictionary<PodDemand, PodGroup> _groups = new(ReferenceEqualityComparer.Instance);
    private readonly GroupIndex _groupIndex = new();
    private readonly Dictionary<string, LabelSet> _namespaces = [];
    private readonly PreparedPods _prepared = new();
    private long _decisions;

    /// <summary>Takes a node in, or out (null), on which no pod is counted at this moment.</summary>
    public void SetNode(int slot, NodeView? node) => _nodes.Set(slot, node);

    /// <summary>True when its labels are others than before; null when it is gone.</summary>
    public bool SetNamespace(string name, LabelSet? labels)
    {
        if (labels is null ? !_namespaces.Remove(name) : Same(_namespaces.GetValueOrDefault(name), labels))
        {
            return false;
        }

        if (labels is not null)
        {
            _namespaces[name] = labels;
        }

        // What these selectors mean is another set of pods now; they are counted anew when next needed.
        foreach (var watched in _selectors.All.Where(watched => watched.Pods.ReadsNamespaces).ToList())
        {
            watched.Counters.Clear();
            _selectors.DropIfIdle(watched);
        }

        _selectors.Changed();
        _prepared.Clear();
        return true;
    }

    /// <summary>The pod is one of its group from now on, but not counted yet.</summary>
    public void Join(PlacedPod pod)
    {
        if (!_groups.TryGetValue(pod.Demand, out var group))
        {
            group = _groups[pod.Demand] = new PodGroup(pod.Demand);
            group.Carried = Carry(pod.Demand.Terms);
            _groupIndex.Add(group);
        }

        pod.Group = group;
        pod.IndexInGroup = group.Members.Count;
        group.Members.Add(pod);
    }

    /// <summary>The pod, counted no more, leaves its group.</summary>
    public void Leave(PlacedPod pod)
    {
        var group = pod.Group!;
        var last = group.Members[^1];
        group.Members[pod.IndexInGroup] = last;
        last.IndexInGroup = pod.IndexInGroup;
        group.Members.RemoveAt(group.Members.Count - 1);
        pod.Group = null;
        if (group.Members.Count > 0)
        {
            return;
        }

        _groups.Remove(group.Demand);
        _groupIndex.Remove(group);
        foreach (var term in group.Carried)
        {
            if (--term.Groups == 0)
            {
                term.Selector.Carried.Remove(term);
                _selectors.DropIfIdle(term.Selector);
                _selectors.Changed();
            }
        }
    }

    /// <summary>Counts a pod of a group on its node (1), or no longer (-1).</summary>
    public void Count(PlacedPod pod, int delta)
    {
        var group = pod.Group!;
        foreach (var watched in MatchedBy(group))
        {
            foreach (var counter in watched.Counters)
            {
                counter.Add(pod.Slot, delta, pod.IsTerminating);
            }
        }

        foreach (var term in group.Carried)
        {
            if (term.Key.DomainOf[pod.Slot] is >= 0 and var domain)
            {
                term.Carriers.Add(domain, delta);
            }
        }
    }

    /// <summary>All that the filters and scores need of a pod; made once for pods that are alike.</summary>
    public PreparedPod Prepare(PodDemand demand)
    {
        _decisions++;
        if (_prepared.Find(demand) is not { } pod)
        {
            Forget();
            pod = _prepared.Add(Make(demand));
        }

        if (pod.TermsVersion != _selectors.Version)
        {
            var matched = new List<WatchedSelector>();
            _selectors.Find(demand, LabelsOf(demand.Namespace), matched);
            pod.SetCarried(matched.SelectMany(watched => watched.Carried).ToList(), _selectors.Version);
        }

        pod.Begin(_decisions);
        return pod;
    }

    private static bool Same(LabelSet? left, LabelSet right)
    {
        var same = left is not null && left.Count == right.Count;
        for (var at = 0; same && at < right.Count; at++)
        {
            same = left!.At(at) == right.At(at);
        }

        return same;
    }

    private LabelSet LabelsOf(string ns) => _namespaces.GetValueOrDefault(ns, LabelSet.Empty);

    private List<WatchedSelector> MatchedBy(PodGroup group)
    {
        if (group.MatchedVersion != _selectors.Version)
        {
            _selectors.Find(group.Demand, LabelsOf(group.Demand.Namespace), group.Matched);
            group.MatchedVersion = _selectors.Version;
        }

        return group.Matched;
    }

    private PreparedPod Make(PodDemand demand)
    {
        var terms = demand.Terms;
        var together = terms.Near.Count == 0 ? null : PodSelector.All([.. terms.Near.Select(term => term.Pods)]);
        return new PreparedPod(demand)
        {
            Near = [.. terms.Near.Select(term => Counter(together!, term.TopologyKey))],
            NearItself = together?.Matches(demand.Namespace, LabelsOf(demand.Namespace), demand.Labels) == true,
            Apart = [.. terms.Apart.Select(term => Counter(term.Pods, term.TopologyKey))],
            Preferred =
            [
                .. terms.Preferred.Select(term => new PreparedPod.Preference(
                    Counter(term.Pods, term.TopologyKey), term.Weight)),
            ],
            Spread = [.. terms.Spread.Select(SpreadOf)],
            PreferredSpread = [.. terms.PreferredSpread.Select(SpreadOf)],
        };
    }

    private PreparedPod.SpreadRule SpreadOf(SpreadTerm term)
    {
        var perNode = term.TopologyKey == TopologyKey.Hostname;
        return new PreparedPod.SpreadRule(
            term, _nodes.Key(term.TopologyKey),
            term.Pods is null ? null : Counter(term.Pods, term.TopologyKey, term.Scope, countsTerminating: false),
            term.Pods is null || !perNode ? null : Counter(term.Pods, null, null, countsTerminating: false));
    }

    private MatchCounter Counter(
        PodSelector pods, string? key, NodeScope? scope = null, bool countsTerminating = true)
    {
        var watched = _selectors.Get(pods);
        var topology = key is null ? null : _nodes.Key(key);
        var nodes = scope is null ? null : _nodes.Scope(scope);
        foreach (var known in watched.Counters)
        {
            if (known.Key == topology && known.Scope == nodes && known.CountsTerminating == countsTerminating)
            {
                return known;
            }
        }

        var counter = new MatchCounter(watched, topology, nodes, countsTerminating);
        watched.Counters.Add(counter);
        CountPlaced(counter);
        return counter;
    }

    private void CountPlaced(MatchCounter counter)
    {
        var pods = counter.Selector.Pods;
        foreach (var group in _groupIndex.NearTo(pods))
        {
            if (pods.Matches(group.Demand.Namespace, LabelsOf(group.Demand.Namespace), group.Demand.Labels))
            {
                foreach (var pod in group.Members)
                {
                    if (pod.Slot >= 0)
                    {
                        counter.Add(pod.Slot, 1, pod.IsTerminating);
                    }
                }
            }
        }
    }

    private List<CarriedTerm> Carry(PodTerms terms)
    {
        var carried = new List<CarriedTerm>();
        foreach (var term in terms.Apart)
        {
            carried.Add(Carried(term.Pods, term.TopologyKey, forbids: true, 0));
        }

        foreach (var term in terms.Near)
        {
            carried.Add(Carried(term.Pods, term.TopologyKey, forbids: false, RequiredNearWeight));
        }

        foreach (var term in terms.Preferred)
        {
            carried.Add(Carried(term.Pods, term.TopologyKey, forbids: false, term.Weight));
        }

        return carried;
    }

    private CarriedTerm Carried(PodSelector pods, string key, bool forbids, int weight)
    {
        var watched = _selectors.Get(pods);
        var topology = _nodes.Key(key);
        var term = watched.Carried.Find(
            known => known.Key == topology && known.Forbids == forbids && known.Weight == weight);
        if (term is null)
        {
            term = new CarriedTerm(watched, topology, forbids, weight);
            watched.Carried.Add(term);
            _selectors.Changed();
        }

        term.Groups++;
        return term;
    }

    /// <summary>Lets go of the counters that no decision needed for long, once there are many.</summary>
    private void Forget()
    {
        var counters = new List<MatchCounter>();
        if (!_prepared.IsFull)
        {
            return;
        }

        foreach (var watched in _selectors.All)
        {
            counters.AddRange(watched.Counters);
        }

        counters.Sort(static (left, right) => left.LastUsed.CompareTo(right.LastUsed));
        foreach (var counter in counters.Take(counters.Count / 2))
        {
            counter.Selector.Counters.Remove(counter);
            _selectors.DropIfIdle(counter.Selector);
        }

        _prepared.Clear();
        _nodes.Keep(
            counters.Skip(counters.Count / 2).ToList(),
            _selectors.All.SelectMany(watched => watched.Carried).ToList());
    }
}
