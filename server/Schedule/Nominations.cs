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

    public void Put(PodFacts pod, string node)
    {
        Remove(pod.Key);
        _byKey[pod.Key] = (pod, node);
        if (!_byNode.TryGetValue(node, out var pods))
        {
            pods = _byNode[node] = [];
        }

        pods.Add(pod);
    }

    public void Remove(string key)
    {
        if (_byKey.Remove(key, out var old))
        {
            var pods = _byNode[old.Node];
            pods.Remove(old.Pod);
            if (pods.Count == 0)
            {
                _byNode.Remove(old.Node);
            }
        }
    }
}
