using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule;

/// <summary>
/// Pods that others were made to leave for, and the node where that happens. Until such a pod is bound, no pod of
/// lower priority may take its place.
/// </summary>
internal sealed class Nominations
{
    private readonly Dictionary<string, (PodFacts Pod, string Node)> _byKey = [];
    private readonly Dictionary<string, List<PodFacts>> _byNode = [];

    public bool IsEmpty => _byKey.Count == 0;

    public string? NodeOf(string key) => _byKey.TryGetValue(key, out var nomination) ? nomination.Node : null;

    public IReadOnlyList<PodFacts> On(string node) => _byNode.GetValueOrDefault(node) ?? [];

    /// <summary>The event says that another node is not kept free for it any more; null when none was.</summary>
    public ClusterEvent? Put(PodFacts pod, string node)
    {
        var freed = Remove(pod.Key, except: node);
        _byKey[pod.Key] = (pod, node);
        if (!_byNode.TryGetValue(node, out var pods))
        {
            pods = _byNode[node] = [];
        }

        pods.Add(pod);
        return freed;
    }

    /// <summary>
    /// The event says that a node is not kept free for the pod any more; null when none was, or when it is the one that
    /// the pod takes now.
    /// </summary>
    public ClusterEvent? Remove(string key, string? except = null)
    {
        if (!_byKey.Remove(key, out var old))
        {
            return null;
        }

        var pods = _byNode[old.Node];
        pods.Remove(old.Pod);
        if (pods.Count == 0)
        {
            _byNode.Remove(old.Node);
        }

        return old.Node == except ? null : new ClusterEvent.PodGone(old.Pod.Demand);
    }

    /// <summary>Whether the nomination under the key is of an earlier pod of that name.</summary>
    public bool IsOfAnother(PodFacts pod) => _byKey.TryGetValue(pod.Key, out var known) && known.Pod.Uid != pod.Uid;
}
