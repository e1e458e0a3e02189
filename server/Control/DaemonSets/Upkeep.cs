using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.DaemonSets;

/// <summary>Why a pod is to go.</summary>
internal enum Doom
{
    Failed,
    Succeeded,
    Surplus,

    /// <summary>A newer pod has taken its place on the node.</summary>
    Replaced,

    /// <summary>It does not belong on its node, or its node is not there.</summary>
    Misplaced,
    Outdated,
}

/// <summary>A pod that is to go.</summary>
internal sealed record DoomedPod(PodView Pod, Doom Why);

/// <summary>
/// One pod on each node where it belongs, none elsewhere, whatever its template (upstream's manage). Pure.
/// </summary>
internal sealed class Upkeep(DaemonSetState state, DateTimeOffset now)
{
    /// <summary>Nodes that lack a pod.</summary>
    public List<string> Missing { get; } = [];

    public List<DoomedPod> Doomed { get; } = [];

    public void Look(NodePods node)
    {
        if (!node.Eligibility.MayStay)
        {
            Doomed.AddRange(Living(node.Pods).Select(pod => new DoomedPod(pod, Doom.Misplaced)));
        }
        else if (node.Pods.Count > 0)
        {
            // Of what is on a node out of reach nobody knows which one serves.
            if (node.Node.IsThere)
            {
                Tidy(node);
            }
        }
        else if (node.Eligibility.ShouldRun)
        {
            Missing.Add(node.Node.Name);
        }
    }

    /// <summary>A pod that waits for a node which is gone would wait for ever.</summary>
    public void LookForStrays(IEnumerable<PodView> pods)
    {
        var names = state.Nodes.Select(node => node.Name).ToHashSet();
        Doomed.AddRange(Living(pods)
            .Where(pod => pod.NodeName.Length == 0 && pod.TargetNode is { } node && !names.Contains(node))
            .Select(pod => new DoomedPod(pod, Doom.Misplaced)));
    }

    private void Tidy(NodePods node)
    {
        var running = new List<PodView>();
        foreach (var pod in Living(node.Pods))
        {
            if (!pod.IsFinished)
            {
                running.Add(pod);
            }
            else if (pod.Phase == "Succeeded")
            {
                Doomed.Add(new DoomedPod(pod, Doom.Succeeded));
            }
            else if (!state.Resting.ContainsKey(node.Node.Name))
            {
                Doomed.Add(new DoomedPod(pod, Doom.Failed));
            }
        }

        if (running.Count > 1)
        {
            Doomed.AddRange(state.Surges ? Overlap(running) : running.Skip(1).Select(Surplus));
        }
    }

    /// <summary>
    /// Two are right only while the old one still serves and the new one does not yet: the oldest of each stays.
    /// </summary>
    private IEnumerable<DoomedPod> Overlap(List<PodView> running)
    {
        var fresh = running.Find(state.IsUpdated);
        var old = running.Find(pod => !state.IsUpdated(pod));
        foreach (var pod in running)
        {
            if (pod != fresh && pod != old)
            {
                yield return Surplus(pod);
            }
        }

        if (fresh is not null && old is not null
            && (!old.IsReady || fresh.IsAvailable(state.MinReadySeconds, now)))
        {
            yield return new DoomedPod(old, Doom.Replaced);
        }
    }

    private static DoomedPod Surplus(PodView pod) => new(pod, Doom.Surplus);

    private static IEnumerable<PodView> Living(IEnumerable<PodView> pods) => pods.Where(pod => !pod.IsDeleting);
}
