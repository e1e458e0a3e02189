using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>A selector that something counts by, or that placed pods carry in their terms.</summary>
internal sealed class WatchedSelector(PodSelector pods)
{
    public PodSelector Pods { get; } = pods;

    /// <summary>Counters of the pods it means.</summary>
    public List<MatchCounter> Counters { get; } = [];

    /// <summary>Terms by which placed pods keep off, or attract, the pods it means.</summary>
    public List<CarriedTerm> Carried { get; } = [];
}

/// <summary>
/// A term that placed pods have, and how many of them are in each domain. It forbids the domain to pods it means
/// (required anti-affinity), or weighs for it.
/// </summary>
internal sealed class CarriedTerm(WatchedSelector selector, TopologyKey key, bool forbids, int weight)
{
    public WatchedSelector Selector { get; } = selector;
    public TopologyKey Key { get; } = key;
    public bool Forbids { get; } = forbids;
    public int Weight { get; } = weight;
    public DomainCounts Carriers { get; } = new();

    /// <summary>Groups of placed pods that have it; without one it is forgotten.</summary>
    public int Groups { get; set; }

    public int At(int slot) => Key.DomainOf[slot] is >= 0 and var domain ? Carriers[domain] : 0;
}
