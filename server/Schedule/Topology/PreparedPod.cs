using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>A demand with the counters that answer its terms. Valid for one decision; the index keeps it up.</summary>
internal sealed class PreparedPod
{
    public PreparedPod(PodDemand demand)
    {
        Demand = demand;
        Spec = demand.Spec;
        ImageSpread = new double[demand.Spec.Images.Count];
    }

    /// <summary>A preference for (or, negative, against) domains with pods that a counter counts.</summary>
    internal sealed record Preference(MatchCounter Counter, int Weight);

    /// <summary>
    /// A spread constraint. Counters are null where the selector counts nothing; <paramref name="OnNode"/> is there for
    /// the host name only, whose score looks at the node alone.
    /// </summary>
    internal sealed record SpreadRule(SpreadTerm Term, TopologyKey Key, MatchCounter? Pods, MatchCounter? OnNode)
    {
        /// <summary>The highest count of a domain that may take the pod, as of the start of the decision.</summary>
        public int CountMax { get; set; }
    }

    public PodDemand Demand { get; }
    public SpecDemand Spec { get; }

    /// <summary>One per required affinity term: pods that all of these terms mean, by the term's key.</summary>
    public required MatchCounter[] Near { get; init; }

    /// <summary>The pod is one of those it wants to be near, so it may be the first.</summary>
    public required bool NearItself { get; init; }
    public required MatchCounter[] Apart { get; init; }
    public required Preference[] Preferred { get; init; }
    public required SpreadRule[] Spread { get; init; }
    public required SpreadRule[] PreferredSpread { get; init; }

    /// <summary>Terms of placed pods that keep this one off.</summary>
    public CarriedTerm[] Forbidding { get; private set; } = [];

    /// <summary>Terms of placed pods that weigh for or against this one.</summary>
    public CarriedTerm[] Attracting { get; private set; } = [];

    public long TermsVersion { get; private set; } = -1;

    /// <summary>The filters that can reject it at all; set with <see cref="SetCarried"/>.</summary>
    public NodeFilter[] Filters { get; private set; } = [];

    /// <summary>Those of them that look at the node itself, not at the pods near it.</summary>
    public NodeFilter[] NodeFilters { get; private set; } = [];

    /// <summary>Whether pods near a node decide anything.</summary>
    public bool HasNeighbours { get; private set; }

    /// <summary>The part of all nodes that have each of the spec's images, as of the start of the decision.</summary>
    public double[] ImageSpread { get; }

    /// <summary>Rejections for want of extended resources, by which of all resources are short.</summary>
    public Dictionary<UInt128, Rejection> ShortOf { get; } = [];

    /// <summary>Rejections for want of devices, by resource.</summary>
    public Dictionary<string, Rejection> NoDevice { get; } = [];

    /// <summary>Whether any node has any of its images.</summary>
    public bool HasImages { get; private set; }

    public void SetImages(ImageIndex images, int nodes)
    {
        HasImages = false;
        for (var at = 0; at < ImageSpread.Length; at++)
        {
            ImageSpread[at] = images.SpreadOf(Spec.Images[at], nodes);
            HasImages |= ImageSpread[at] > 0;
        }
    }

    public void SetCarried(List<CarriedTerm> terms, long version)
    {
        Forbidding = [.. terms.Where(term => term.Forbids)];
        Attracting = [.. terms.Where(term => !term.Forbids)];
        TermsVersion = version;
        Filters = [.. NodeFilter.InOrder.Where(filter => filter.Applies(this))];
        NodeFilters = [.. Filters.Where(filter => filter.Mark < RejectedBy.Spread)];
        HasNeighbours = NodeFilters.Length < Filters.Length;
    }

    /// <summary>Begins a decision: what is the same for all nodes is looked at once.</summary>
    public void Begin(long decision)
    {
        foreach (var rule in Spread)
        {
            rule.CountMax = rule.Pods is { } pods
                ? (int)Math.Min(int.MaxValue, (long)rule.Term.MaxSkew - rule.Term.Self + pods.Min(rule.Term.MinDomains))
                : int.MaxValue;
        }

        Touch(Near, decision);
        Touch(Apart, decision);
        foreach (var preference in Preferred)
        {
            preference.Counter.LastUsed = decision;
        }

        Touch(Spread, decision);
        Touch(PreferredSpread, decision);
    }

    private static void Touch(MatchCounter[] counters, long decision)
    {
        foreach (var counter in counters)
        {
            counter.LastUsed = decision;
        }
    }

    private static void Touch(SpreadRule[] rules, long decision)
    {
        foreach (var rule in rules)
        {
            if (rule.Pods is { } pods)
            {
                pods.LastUsed = decision;
            }

            if (rule.OnNode is { } onNode)
            {
                onNode.LastUsed = decision;
            }
        }
    }
}
