using Edge.Proto.Model;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// Demands of pods that are alike, found by what their bytes say. Holds them only as long as somebody else does, so it
/// is bounded by the pods there are.
/// </summary>
internal sealed class SharedDemands
{
    /// <summary>Below this many entries looking for dead ones is not worth it.</summary>
    private const int SweepMin = 1024;

    private readonly Dictionary<UInt128, WeakReference<SpecDemand>> _specs = [];
    private readonly Dictionary<UInt128, WeakReference<PodDemand>> _demands = [];
    private int _sweepAt = SweepMin;

    /// <param name="key">Digest of spec, namespace and labels.</param>
    public PodDemand? Find(UInt128 key) =>
        _demands.TryGetValue(key, out var held) && held.TryGetTarget(out var demand) ? demand : null;

    /// <param name="key">Digest of spec, namespace and labels.</param>
    /// <param name="spec">Digest of the spec alone.</param>
    /// <param name="pod">Says them.</param>
    public PodDemand Add(UInt128 key, UInt128 spec, Pod pod)
    {
        Sweep();
        if (!_specs.TryGetValue(spec, out var held) || !held.TryGetTarget(out var shared))
        {
            shared = SpecDemand.From(pod.Spec);
            _specs[spec] = new WeakReference<SpecDemand>(shared);
        }

        var demand = PodDemand.From(shared, pod.Metadata.Namespace ?? "", LabelSet.From(pod.Metadata.Labels));
        _demands[key] = new WeakReference<PodDemand>(demand);
        return demand;
    }

    private void Sweep()
    {
        if (_demands.Count < _sweepAt)
        {
            return;
        }

        foreach (var (key, held) in _demands)
        {
            if (!held.TryGetTarget(out _))
            {
                _demands.Remove(key);
            }
        }

        foreach (var (key, held) in _specs)
        {
            if (!held.TryGetTarget(out _))
            {
                _specs.Remove(key);
            }
        }

        _sweepAt = Math.Max(SweepMin, 2 * _demands.Count);
    }
}
