using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule;

/// <summary>Whom to make leave a node so that a pod of higher priority finds room there.</summary>
internal sealed record PreemptionPlan(string Node, IReadOnlyList<PlacedPod> Victims);

/// <summary>What preemption says for a pod that fits nowhere.</summary>
internal abstract record PreemptionAnswer
{
    private PreemptionAnswer()
    {
    }

    internal sealed record Make(PreemptionPlan Plan) : PreemptionAnswer;

    /// <param name="Message">Why nobody is made to leave, in kube-scheduler's words.</param>
    /// <param name="KeepsNomination">The node that is being made free stays the pod's.</param>
    internal sealed record Wait(string Message, bool KeepsNomination) : PreemptionAnswer;
}

/// <summary>
/// kube-scheduler's preemption: on each node that could take the pod if pods of lower priority left, find the fewest
/// that must, sparing the most important and those that a budget protects; then choose the node that costs least. Nodes
/// that nobody hears are left out: what is told to leave there may run on for long.
/// </summary>
internal sealed class Preemption(ClusterState cluster)
{
    /// <summary>Nodes worth comparing: a tenth of those in question, but not fewer than a hundred.</summary>
    private const int CandidatesMin = 100;

    private const int CandidatesPart = 10;

    private static readonly Rejection NoVictims = Rejection.Final("No preemption victims found for incoming pod");
    private static readonly Rejection NotHelpful = Rejection.Final("Preemption is not helpful for scheduling");

    private readonly Rejections _rejections = new();

    /// <param name="prepared">The pod's demand.</param>
    /// <param name="pod">The pod that fits nowhere.</param>
    /// <param name="nodes">Nodes that rejected it for what other pods take.</param>
    /// <param name="nominated">The node that is being made free for it, or null.</param>
    public PreemptionAnswer Find(
        PreparedPod prepared, PodFacts pod, IReadOnlyList<NodeView> nodes, string? nominated)
    {
        if (!prepared.Spec.Preempts)
        {
            return new PreemptionAnswer.Wait("not eligible due to preemptionPolicy=Never.", KeepsNomination: true);
        }

        if (nominated is not null && IsBeingFreed(pod, nodes, nominated))
        {
            return new PreemptionAnswer.Wait(
                "not eligible due to a terminating pod on the nominated node.", KeepsNomination: true);
        }

        _rejections.Clear();
        var candidates = Candidates(prepared, pod, nodes);
        if (candidates.Count > 0)
        {
            return new PreemptionAnswer.Make(Cheapest(candidates));
        }

        _rejections.AddRest(NotHelpful, RejectedBy.None, cluster.Nodes.Count);
        return new PreemptionAnswer.Wait(_rejections.Message(cluster.Nodes.Count), KeepsNomination: false);
    }

    private bool IsBeingFreed(PodFacts pod, IReadOnlyList<NodeView> nodes, string nominated)
    {
        foreach (var node in nodes)
        {
            if (node.Name == nominated)
            {
                return cluster.PodsOn(node).Any(
                    other => other.IsPreempted && other.Demand.Priority < pod.Demand.Priority);
            }
        }

        return false;
    }

    private List<Candidate> Candidates(PreparedPod prepared, PodFacts pod, IReadOnlyList<NodeView> nodes)
    {
        var candidates = new List<Candidate>();
        var anyBelow = cluster.HasBelow(pod.Demand.Priority);
        var wanted = Math.Max(CandidatesMin, nodes.Count / CandidatesPart);
        var isAnySparing = false;
        foreach (var node in nodes)
        {
            if (!node.IsReachable)
            {
                continue;
            }

            if (!anyBelow)
            {
                _rejections.Add(NoVictims, RejectedBy.None);
            }
            else if (VictimsOn(prepared, pod, node) is { } candidate)
            {
                candidates.Add(candidate);
                isAnySparing |= candidate.Violations == 0;
                if (isAnySparing && candidates.Count >= wanted)
                {
                    break;
                }
            }
        }

        return candidates;
    }

    /// <summary>Null when even all pods of lower priority leaving would not do; says why.</summary>
    private Candidate? VictimsOn(PreparedPod prepared, PodFacts pod, NodeView node)
    {
        var below = cluster.PodsOn(node).Where(other => other.Demand.Priority < pod.Demand.Priority).ToList();
        if (below.Count == 0)
        {
            _rejections.Add(NoVictims, RejectedBy.None);
            return null;
        }

        if (CheckEmptied(prepared, node, below) is { } hopeless)
        {
            _rejections.Add(hopeless, RejectedBy.None);
            return null;
        }

        below.Sort(PlacedPod.ByImportance);
        foreach (var other in below)
        {
            cluster.Lift(other);
        }

        var lifted = new HashSet<PlacedPod>(below);
        var candidate = Spare(prepared, pod, node, below, lifted);
        foreach (var other in lifted)
        {
            cluster.PutBack(other);
        }

        return candidate;
    }

    /// <summary>What the node alone says without the pods: cheaper than counting them all off and on again.</summary>
    private static Rejection? CheckEmptied(PreparedPod prepared, NodeView node, List<PlacedPod> without)
    {
        foreach (var pod in without)
        {
            node = node.Without(pod);
        }

        foreach (var filter in prepared.Filters)
        {
            if (filter.Mark < RejectedBy.Spread && filter.Check(prepared, node) is { } rejection)
            {
                return rejection;
            }
        }

        return null;
    }

    /// <summary>All of <paramref name="below"/> are lifted; puts back who may stay, the protected first.</summary>
    private Candidate? Spare(
        PreparedPod prepared, PodFacts pod, NodeView node, List<PlacedPod> below, HashSet<PlacedPod> lifted)
    {
        // The node's view is another one after each pod that is lifted or put back.
        if (Placement.Check(cluster, prepared, pod, cluster.Node(node.Name)!, out _) is { } rejection)
        {
            _rejections.Add(rejection, RejectedBy.None);
            return null;
        }

        var violating = Violating(below);
        var violations = 0;
        foreach (var other in below.Where(violating.Contains).Concat(below.Where(other => !violating.Contains(other))))
        {
            cluster.PutBack(other);
            lifted.Remove(other);
            if (Placement.Check(cluster, prepared, pod, cluster.Node(node.Name)!, out _) is not null)
            {
                cluster.Lift(other);
                lifted.Add(other);
                violations += violating.Contains(other) ? 1 : 0;
            }
        }

        return new Candidate(new PreemptionPlan(node.Name, [.. below.Where(lifted.Contains)]), violations);
    }

    /// <summary>Pods whose leaving would go below a budget, taken in order of importance.</summary>
    private HashSet<PlacedPod> Violating(List<PlacedPod> pods)
    {
        var violating = new HashSet<PlacedPod>();
        var left = cluster.Budgets.Select(budget => budget.Allowed).ToArray();
        foreach (var pod in pods)
        {
            for (var at = 0; at < left.Length; at++)
            {
                if (cluster.Budgets[at].Protects(pod.Demand.Namespace, pod.Name, pod.Demand.Labels) && --left[at] < 0)
                {
                    violating.Add(pod);
                }
            }
        }

        return violating;
    }

    /// <summary>
    /// Fewest protected, then the lowest of the most important victims, then the smallest sum of priorities, then the
    /// fewest, then whose most important run shortest, then the first (kube-scheduler's pickOneNodeForPreemption).
    /// </summary>
    private static PreemptionPlan Cheapest(List<Candidate> candidates)
    {
        var best = candidates[0];
        foreach (var candidate in candidates)
        {
            if (Compare(candidate, best) < 0)
            {
                best = candidate;
            }
        }

        return best.Plan;
    }

    private static int Compare(Candidate left, Candidate right)
    {
        if (left.Violations != right.Violations)
        {
            return left.Violations - right.Violations;
        }

        var (one, other) = (left.Plan.Victims, right.Plan.Victims);
        if (one.Count == 0 || other.Count == 0)
        {
            return one.Count.CompareTo(other.Count);
        }

        var byHighest = one[0].Demand.Priority.CompareTo(other[0].Demand.Priority);
        var bySum = SumOf(one).CompareTo(SumOf(other));
        return byHighest != 0 ? byHighest
            : bySum != 0 ? bySum
            : one.Count != other.Count ? one.Count - other.Count
            : EarliestOf(other).CompareTo(EarliestOf(one));
    }

    /// <summary>Each priority is lifted above zero, so that more victims never weigh less.</summary>
    private static long SumOf(IReadOnlyList<PlacedPod> victims)
    {
        long sum = 0;
        foreach (var victim in victims)
        {
            sum += (long)victim.Demand.Priority + int.MaxValue + 1;
        }

        return sum;
    }

    /// <summary>When the longest running of the most important victims started.</summary>
    private static long EarliestOf(IReadOnlyList<PlacedPod> victims) =>
        victims.Where(victim => victim.Demand.Priority == victims[0].Demand.Priority).Min(victim => victim.Started);

    private sealed record Candidate(PreemptionPlan Plan, int Violations);
}
