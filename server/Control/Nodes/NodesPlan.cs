using Edge.Proto.Model;

namespace Edge.Server.Control.Nodes;

/// <summary>
/// Which taints a node carries because of its condition or a cordon (Kubernetes' node lifecycle). Pure.
/// </summary>
internal static class NodesPlan
{
    private const string Unschedulable = "node.kubernetes.io/unschedulable";

    private static readonly Dictionary<string, string> PressureTaints = new()
    {
        ["MemoryPressure"] = "node.kubernetes.io/memory-pressure",
        ["DiskPressure"] = "node.kubernetes.io/disk-pressure",
        ["PIDPressure"] = "node.kubernetes.io/pid-pressure",
        ["NetworkUnavailable"] = "node.kubernetes.io/network-unavailable",
    };

    private static readonly HashSet<string> Owned =
        [Fencing.NotReadyTaint, Fencing.UnreachableTaint, Unschedulable, .. PressureTaints.Values];

    /// <summary>
    /// All taints the node should have: others' as they are, then ours; a taint that stays keeps its time.
    /// </summary>
    public static IReadOnlyList<Taint> Taints(Node node, DateTimeOffset now)
    {
        var present = node.Spec?.Taints ?? [];
        var wanted = Wanted(node, now).Select(taint => Find(present, taint) ?? taint);
        return [.. present.Where(taint => !Owned.Contains(taint.Key)), .. wanted];
    }

    /// <summary>
    /// The reason to tell when a node becomes ready or is not any more, which its taints remember: <c>NodeReady</c> or
    /// <c>NodeNotReady</c>, else null. A node that was never ready is told of when it is.
    /// </summary>
    public static string? News(Node node, IReadOnlyList<Taint> taints)
    {
        var (before, after) = (IsRepelled(node.Spec?.Taints ?? []), IsRepelled(taints));
        return before && !after ? "NodeReady"
            : after && !before && StatusOf(node, "Ready") is not null ? "NodeNotReady"
            : null;
    }

    private static bool IsRepelled(IReadOnlyList<Taint> taints) => taints.Any(
        taint => taint is { Key: Fencing.NotReadyTaint or Fencing.UnreachableTaint, Effect: "NoExecute" });

    private static Taint? Find(IReadOnlyList<Taint> present, Taint wanted) =>
        present.FirstOrDefault(taint => taint.Key == wanted.Key && taint.Effect == wanted.Effect);

    private static IEnumerable<Taint> Wanted(Node node, DateTimeOffset now)
    {
        if (node.Spec?.Unschedulable == true)
        {
            yield return new Taint { Key = Unschedulable, Effect = "NoSchedule", TimeAdded = now };
        }

        var ready = StatusOf(node, "Ready");
        if (ready != "True")
        {
            var key = ready == "Unknown" ? Fencing.UnreachableTaint : Fencing.NotReadyTaint;
            yield return new Taint { Key = key, Effect = "NoSchedule", TimeAdded = now };
            yield return new Taint { Key = key, Effect = "NoExecute", TimeAdded = now };
        }

        foreach (var (condition, taint) in PressureTaints)
        {
            if (StatusOf(node, condition) == "True")
            {
                yield return new Taint { Key = taint, Effect = "NoSchedule", TimeAdded = now };
            }
        }
    }

    private static string? StatusOf(Node node, string type) =>
        node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type)?.Status;
}
