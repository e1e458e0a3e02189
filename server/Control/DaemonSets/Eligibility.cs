using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.DaemonSets;

/// <summary>Whether a DaemonSet's pod belongs on a node (upstream's NodeShouldRunDaemonPod). Pure.</summary>
/// <param name="ShouldRun">A pod may be made there.</param>
/// <param name="MayStay">A pod that is there goes on: only what evicts ends it.</param>
/// <param name="IsWanted">
/// The node counts among those that should run the pod. Unlike upstream this holds also while it is out of reach or
/// comes up again: a node of ours is away for days and has not ceased to be meant.
/// </param>
internal sealed record Eligibility(bool ShouldRun, bool MayStay, bool IsWanted)
{
    private const string Unreachable = "node.kubernetes.io/unreachable";

    private const string NotReady = "node.kubernetes.io/not-ready";

    private static readonly Eligibility s_no = new(false, false, false);

    /// <param name="pod">What its pods are like, with <see cref="Tolerations"/>.</param>
    /// <param name="node">The node.</param>
    public static Eligibility Of(PodSpec pod, NodeView node)
    {
        if ((!string.IsNullOrEmpty(pod.NodeName) && pod.NodeName != node.Name)
            || !NodeMatch.Matches(pod, node.Name, node.Labels))
        {
            return s_no;
        }

        bool mayStart = true, mayStay = true, isWanted = true;
        foreach (var taint in node.Taints)
        {
            if (taint.Effect is not ("NoSchedule" or "NoExecute") || IsTolerated(pod, taint))
            {
                continue;
            }

            mayStart = false;
            mayStay &= taint.Effect != "NoExecute";
            isWanted &= taint.Key is Unreachable or NotReady && taint.Effect == "NoSchedule";
        }

        return new Eligibility(mayStart, mayStay, isWanted);
    }

    /// <summary>What every pod of a DaemonSet tolerates besides what its template says.</summary>
    public static IReadOnlyList<Toleration> Tolerations(bool hostNetwork)
    {
        List<Toleration> all =
        [
            Any(NotReady, "NoExecute"),
            Any(Unreachable, "NoExecute"),
            Any("node.kubernetes.io/disk-pressure", "NoSchedule"),
            Any("node.kubernetes.io/memory-pressure", "NoSchedule"),
            Any("node.kubernetes.io/pid-pressure", "NoSchedule"),
            Any("node.kubernetes.io/unschedulable", "NoSchedule"),
        ];
        if (hostNetwork)
        {
            all.Add(Any("node.kubernetes.io/network-unavailable", "NoSchedule"));
        }

        return all;
    }

    private static Toleration Any(string key, string effect) =>
        new() { Key = key, Operator = "Exists", Effect = effect };

    private static bool IsTolerated(PodSpec pod, Taint taint)
    {
        foreach (var toleration in pod.Tolerations ?? [])
        {
            if (toleration.Tolerates(taint))
            {
                return true;
            }
        }

        return false;
    }
}
