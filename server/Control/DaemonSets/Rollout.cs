using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.DaemonSets;

/// <summary>
/// Replaces pods of older templates (apps/v1 DaemonSet RollingUpdate) over the nodes within reach where a pod may be
/// made now. Pure. Nodes out of reach count in nothing: their old pods stay and serve where they are, and have their
/// turn when the node is back, for its return is looked at like any change. The arithmetic is upstream's but for two
/// things: an old pod that does not serve is replaced at once and counts as missing while others wait for their turn;
/// and no node gets a second pod while an earlier one still ends there.
/// </summary>
internal sealed class Rollout(DaemonSetState state, DateTimeOffset now)
{
    /// <summary>Nodes that get a second pod.</summary>
    public List<string> Surge { get; } = [];

    public List<DoomedPod> Doomed { get; } = [];

    public void Look(IEnumerable<NodePods> all)
    {
        var nodes = all.Where(node => node.Node.IsThere && node.Eligibility.ShouldRun).ToList();
        if (state.Surges)
        {
            Overlap(nodes);
        }
        else
        {
            Replace(nodes);
        }
    }

    private void Replace(List<NodePods> nodes)
    {
        var unavailable = 0;
        List<PodView> broken = [], serving = [];
        foreach (var node in nodes)
        {
            switch (node.Pair(state))
            {
                case ({ } fresh, null):
                    unavailable += IsAvailable(fresh) ? 0 : 1;
                    break;
                case (null, { } old):
                    (IsAvailable(old) ? serving : broken).Add(old);
                    break;
                default:
                    // None, or too many: somebody is at work there.
                    unavailable++;
                    break;
            }
        }

        var room = Math.Max(state.MaxUnavailable(nodes.Count) - unavailable - broken.Count, 0);
        Doomed.AddRange(broken.Concat(serving.Take(room)).Select(pod => new DoomedPod(pod, Doom.Outdated)));
    }

    private void Overlap(List<NodePods> nodes)
    {
        var surging = 0;
        List<string> broken = [], serving = [];
        foreach (var node in nodes)
        {
            switch (node.Pair(state))
            {
                case (_, null):
                    break;
                case (null, { } old) when node.Pods.All(pod => !pod.IsDeleting):
                    (IsAvailable(old) ? serving : broken).Add(node.Node.Name);
                    break;
                case ({ } fresh, { } old) when IsAvailable(fresh):
                    Doomed.Add(new DoomedPod(old, Doom.Replaced));
                    break;
                default:
                    surging++;
                    break;
            }
        }

        var room = Math.Max(state.MaxSurge(nodes.Count) - surging, 0);
        Surge.AddRange(broken.Concat(serving.Take(room)));
    }

    private bool IsAvailable(PodView pod) => pod.IsAvailable(state.MinReadySeconds, now);
}
