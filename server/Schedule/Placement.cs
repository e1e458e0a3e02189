namespace Edge.Server.Schedule;

/// <summary>Chooses the node of one pod: filter, then score. Pure; the same arguments give the same node.</summary>
internal static class Placement
{
    /// <summary>Up to this many nodes all are scored (kube-scheduler's minFeasibleNodesToFind).</summary>
    private const int ScoreAllUpTo = 100;

    /// <param name="pod">What is to be placed.</param>
    /// <param name="nodes">All nodes.</param>
    /// <param name="start">Where the search begins; advancing it gives every node of a large fleet its turn.</param>
    public static PlacementOutcome Decide(PodDemand pod, IReadOnlyList<NodeView> nodes, int start)
    {
        var wanted = CandidatesWanted(nodes.Count);
        var candidates = new List<NodeView>(Math.Min(wanted, nodes.Count));
        var rejections = new Rejections();
        for (var step = 0; step < nodes.Count && candidates.Count < wanted; step++)
        {
            var node = nodes[(start + step) % nodes.Count];
            if (Passes(pod, node, rejections))
            {
                candidates.Add(node);
            }
        }

        return candidates.Count == 0
            ? new PlacementOutcome.Unplaceable(rejections.Message(nodes.Count))
            : Best(pod, candidates);
    }

    /// <summary>
    /// kube-scheduler's sampling: half the nodes of a small fleet, a twentieth of a very large one, never fewer than
    /// <see cref="ScoreAllUpTo"/>. Beyond that a better node is not worth the time.
    /// </summary>
    private static int CandidatesWanted(int nodes)
    {
        if (nodes <= ScoreAllUpTo)
        {
            return nodes;
        }

        var percent = Math.Max(5, 50 - nodes / 125);
        return Math.Max(ScoreAllUpTo, nodes * percent / 100);
    }

    private static bool Passes(PodDemand pod, NodeView node, Rejections rejections)
    {
        foreach (var filter in NodeFilter.InOrder)
        {
            var reasons = filter.Reasons(pod, node);
            if (reasons.Count > 0)
            {
                rejections.Add(reasons, filter.MayFreeUp);
                return false;
            }
        }

        return true;
    }

    /// <summary>Equal scores go to the node with fewer pods, then to the first name.</summary>
    private static PlacementOutcome.Placed Best(PodDemand pod, List<NodeView> candidates)
    {
        var totals = new long[candidates.Count];
        var raw = new long[candidates.Count];
        foreach (var score in NodeScore.All)
        {
            if (score.Applies(pod))
            {
                Add(score, pod, candidates, raw, totals);
            }
        }

        var best = 0;
        for (var index = 1; index < totals.Length; index++)
        {
            best = IsBetter(index, best) ? index : best;
        }

        return new PlacementOutcome.Placed(candidates[best].Name, totals[best]);

        bool IsBetter(int left, int right) =>
            totals[left] != totals[right] ? totals[left] > totals[right]
            : candidates[left].Pods != candidates[right].Pods ? candidates[left].Pods < candidates[right].Pods
            : string.CompareOrdinal(candidates[left].Name, candidates[right].Name) < 0;
    }

    private static void Add(NodeScore score, PodDemand pod, List<NodeView> candidates, long[] raw, long[] totals)
    {
        long max = 0;
        for (var index = 0; index < raw.Length; index++)
        {
            raw[index] = score.Raw(pod, candidates[index]);
            max = Math.Max(max, raw[index]);
        }

        for (var index = 0; index < raw.Length; index++)
        {
            totals[index] += score.Weight * score.Scaled switch
            {
                Scaling.None => raw[index],
                Scaling.UpToMax => max == 0 ? 0 : raw[index] * NodeScore.Max / max,
                Scaling.DownFromMax => max == 0 ? NodeScore.Max : NodeScore.Max - raw[index] * NodeScore.Max / max,
            };
        }
    }
}
