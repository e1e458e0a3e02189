using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Devices;
using Edge.Server.Schedule.Filters;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule;

/// <summary>
/// Chooses the node of one pod: filter, then score; where none is free, whom to make leave. The same pod, cluster and
/// start give the same answer, and the cluster is left as it was. Keeps only room to work in.
/// </summary>
internal sealed class Placement(ClusterState cluster)
{
    /// <summary>Up to this many nodes all are scored (kube-scheduler's minFeasibleNodesToFind).</summary>
    private const int ScoreAllUpTo = 100;

    private readonly Preemption _preemption = new(cluster);
    private readonly List<NodeView> _candidates = [];
    private readonly List<NodeView> _mayFreeUp = [];
    private readonly Rejections _rejections = new();
    private long[] _totals = [];
    private long[] _scores = [];

    /// <param name="pod">What is to be placed.</param>
    /// <param name="start">Where the search begins; advancing it gives every node of a large fleet its turn.</param>
    public PlacementOutcome Decide(PodFacts pod, int start)
    {
        var prepared = cluster.Prepare(pod.Demand);
        _rejections.Clear();
        _candidates.Clear();
        _mayFreeUp.Clear();
        var nominated = cluster.Nominations.NodeOf(pod.Key) ?? pod.NominatedNode;
        if (nominated is null || !TryNominated(prepared, pod, nominated))
        {
            Search(prepared, pod, start);
        }

        return _candidates.Count > 0 ? Best(prepared) : Unplaceable(prepared, pod, nominated);
    }

    /// <summary>Whether the node takes the pod, with the pods it is kept free for there, and without them.</summary>
    public static Rejection? Check(
        ClusterState cluster, PreparedPod prepared, PodFacts pod, NodeView node, out RejectedBy by)
    {
        if (cluster.Nominations.IsEmpty || cluster.Nominations.On(node.Name) is not { Count: > 0 } expected)
        {
            return Check(prepared, node, out by);
        }

        var supposed = new List<PlacedPod>();
        foreach (var other in expected)
        {
            if (other.Key != pod.Key && other.Demand.Priority >= pod.Demand.Priority)
            {
                supposed.Add(cluster.Suppose(other, node));
            }
        }

        var rejection = Check(prepared, cluster.Node(node.Name)!, out by);
        for (var at = supposed.Count - 1; at >= 0; at--)
        {
            cluster.EndSuppose(supposed[at]);
        }

        // Without them too: what the pod wants to be near may never come.
        return rejection ?? (supposed.Count == 0 ? null : Check(prepared, cluster.Node(node.Name)!, out by));
    }

    private static Rejection? Check(PreparedPod prepared, NodeView node, out RejectedBy by)
    {
        foreach (var filter in prepared.Filters)
        {
            if (filter.Check(prepared, node) is { } rejection)
            {
                by = filter.Mark;
                return rejection;
            }
        }

        by = RejectedBy.None;
        return null;
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

    /// <summary>The node that was made free comes first, whatever others would score.</summary>
    private bool TryNominated(PreparedPod prepared, PodFacts pod, string name)
    {
        if (cluster.Node(name) is { } node && Check(cluster, prepared, pod, node, out _) is null)
        {
            _candidates.Add(node);
            return true;
        }

        return false;
    }

    /// <summary>
    /// Gathers candidates, and reasons only where there is none: most pods fit somewhere, and then nobody asks why the
    /// other nodes would not do.
    /// </summary>
    private void Search(PreparedPod prepared, PodFacts pod, int start)
    {
        if (prepared.Spec.NamedNodes is { } names)
        {
            foreach (var name in names)
            {
                if (cluster.Node(name) is { } node)
                {
                    Explain(prepared, pod, node);
                }
            }

            _rejections.AddRest(Affinity.NotNamed, RejectedBy.NodeAffinity, cluster.Nodes.Count);
            return;
        }

        Gather(prepared, pod, start);
        for (var at = 0; _candidates.Count == 0 && at < cluster.Nodes.Count; at++)
        {
            Explain(prepared, pod, cluster.Nodes[at]);
        }
    }

    private void Gather(PreparedPod prepared, PodFacts pod, int start)
    {
        var nodes = cluster.Nodes;
        var slots = cluster.Slots;
        var wanted = CandidatesWanted(nodes.Count);
        var isPlain = cluster.Nominations.IsEmpty;
        for (var step = 0; step < slots.Length && _candidates.Count < wanted; step++)
        {
            var at = start + step;
            at = at < slots.Length ? at : at - slots.Length;

            // Neighbours first: that reads two small arrays, and rejects most nodes of a spread pod.
            if (isPlain && prepared.HasNeighbours
                && !(Spread.Passes(prepared, slots[at]) && NearPods.Passes(prepared, slots[at])))
            {
                continue;
            }

            var node = nodes[at];
            if (isPlain ? Passes(prepared, node) : Check(cluster, prepared, pod, node, out _) is null)
            {
                _candidates.Add(node);
            }
        }
    }

    private static bool Passes(PreparedPod prepared, NodeView node)
    {
        foreach (var filter in prepared.NodeFilters)
        {
            if (filter.Check(prepared, node) is not null)
            {
                return false;
            }
        }

        return true;
    }

    private void Explain(PreparedPod prepared, PodFacts pod, NodeView node)
    {
        if (Check(cluster, prepared, pod, node, out var by) is not { } rejection)
        {
            _candidates.Add(node);
            return;
        }

        _rejections.Add(rejection, by);
        if (rejection.MayFreeUp)
        {
            _mayFreeUp.Add(node);
        }
    }

    /// <summary>Equal scores go to the node with fewer pods, then to the first name.</summary>
    private PlacementOutcome.Placed Best(PreparedPod pod)
    {
        var count = _candidates.Count;
        if (_totals.Length < count)
        {
            (_totals, _scores) = (new long[2 * count], new long[2 * count]);
        }

        Array.Clear(_totals, 0, count);
        foreach (var score in NodeScore.All)
        {
            // A single candidate needs no opinion.
            if (count > 1 && score.Applies(pod))
            {
                score.Fill(pod, _candidates, _scores);
                for (var index = 0; index < count; index++)
                {
                    _totals[index] += score.Weight * _scores[index];
                }
            }
        }

        var best = 0;
        for (var index = 1; index < count; index++)
        {
            best = IsBetter(index, best) ? index : best;
        }

        var node = _candidates[best];
        return new PlacementOutcome.Placed(
            node.Name, _totals[best], DeviceAllocation.For(pod.Spec.DeviceClaims, pod.Spec.DeviceMemory, node));
    }

    private bool IsBetter(int left, int right) =>
        _totals[left] != _totals[right] ? _totals[left] > _totals[right]
        : _candidates[left].Pods != _candidates[right].Pods ? _candidates[left].Pods < _candidates[right].Pods
        : string.CompareOrdinal(_candidates[left].Name, _candidates[right].Name) < 0;

    private PlacementOutcome.Unplaceable Unplaceable(PreparedPod prepared, PodFacts pod, string? nominated)
    {
        var nodes = cluster.Nodes.Count;
        if (nodes == 0)
        {
            return new PlacementOutcome.Unplaceable(Rejections.NoNodes, RejectedBy.None, null, nominated);
        }

        var answer = _preemption.Find(prepared, pod, _mayFreeUp, nominated);
        var message = _rejections.Message(nodes);
        return answer switch
        {
            PreemptionAnswer.Make make =>
                new PlacementOutcome.Unplaceable(message, _rejections.By, make.Plan, make.Plan.Node),
            PreemptionAnswer.Wait wait => new PlacementOutcome.Unplaceable(
                $"{message} preemption: {wait.Message}", _rejections.By, null, wait.KeepsNomination ? nominated : null),
            _ => throw new InvalidOperationException("unknown answer"),
        };
    }
}
