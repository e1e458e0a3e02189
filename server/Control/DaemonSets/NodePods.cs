using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.DaemonSets;

/// <summary>A node and the pods that a DaemonSet has there, or has for it. Pure.</summary>
/// <param name="Node">The node.</param>
/// <param name="Eligibility">Whether a pod belongs there.</param>
/// <param name="Pods">Its pods, the oldest first; without those that have ended and only wait to be taken out.</param>
internal sealed record NodePods(NodeView Node, Eligibility Eligibility, IReadOnlyList<PodView> Pods)
{
    /// <summary>Every node, by name.</summary>
    public static IReadOnlyList<NodePods> All(DaemonSetState state, IEnumerable<PodView> pods)
    {
        var byNode = new Dictionary<string, List<PodView>>();
        foreach (var pod in pods)
        {
            if (pod.TargetNode is { } node && !pod.IsLeft)
            {
                (byNode.TryGetValue(node, out var there) ? there : byNode[node] = []).Add(pod);
            }
        }

        var all = new List<NodePods>(state.Nodes.Count);
        foreach (var node in state.Nodes)
        {
            IReadOnlyList<PodView> there = byNode.TryGetValue(node.Name, out var found)
                ? [.. found.OrderBy(pod => pod.Created).ThenBy(pod => pod.Name, StringComparer.Ordinal)]
                : [];
            all.Add(new NodePods(node, Eligibility.Of(state.PodSpec, node), there));
        }

        return all;
    }

    /// <summary>
    /// The one pod of the present template and the one of an older that are not on their way out; null when there are
    /// more of either.
    /// </summary>
    public (PodView? New, PodView? Old)? Pair(DaemonSetState state)
    {
        PodView? fresh = null, old = null;
        foreach (var pod in Pods)
        {
            if (pod.IsDeleting)
            {
                continue;
            }

            ref var place = ref (state.IsUpdated(pod) ? ref fresh : ref old);
            if (place is not null)
            {
                return null;
            }

            place = pod;
        }

        return (fresh, old);
    }
}
