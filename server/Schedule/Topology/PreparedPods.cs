using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>Prepared pods by demand; when it is full all are let go, because making one again is cheap.</summary>
internal sealed class PreparedPods
{
    /// <summary>Far more kinds of pods than wait at a time; each may hold a handful of counters.</summary>
    private const int Max = 1024;

    private readonly Dictionary<PodDemand, PreparedPod> _pods = new(ReferenceEqualityComparer.Instance);

    public bool IsFull => _pods.Count >= Max;

    public PreparedPod? Find(PodDemand demand) => _pods.GetValueOrDefault(demand);

    public PreparedPod Add(PreparedPod pod) => _pods[pod.Demand] = pod;

    public void Clear() => _pods.Clear();
}
