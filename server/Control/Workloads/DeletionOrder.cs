namespace Edge.Server.Control.Workloads;

/// <summary>
/// Which of a workload's pods goes first when it shrinks, as upstream ranks them: one without a node, one that is not
/// running, one that is not ready (or out of reach), the lower deletion cost, the fuller node, the shorter time ready,
/// more restarts, the younger. Ages count by their order of magnitude, so that a second more decides nothing.
/// </summary>
/// <param name="absent">Nodes out of reach.</param>
/// <param name="related">How many pods of the same owner a node has.</param>
/// <param name="now">The moment that ages are counted to.</param>
internal sealed class DeletionOrder(
    IReadOnlySet<string> absent, IReadOnlyDictionary<string, int> related, DateTimeOffset now) : IComparer<PodView>
{
    public int Compare(PodView? left, PodView? right)
    {
        var (a, b) = (left!, right!);
        var order = (a.NodeName.Length > 0).CompareTo(b.NodeName.Length > 0);
        order = order != 0 ? order : Phase(a).CompareTo(Phase(b));
        order = order != 0 ? order : IsReady(a).CompareTo(IsReady(b));
        order = order != 0 ? order : a.DeletionCost.CompareTo(b.DeletionCost);
        order = order != 0 ? order : OnNode(b).CompareTo(OnNode(a));
        order = order != 0 || !IsReady(a) ? order : Magnitude(a.ReadyChanged).CompareTo(Magnitude(b.ReadyChanged));
        order = order != 0 ? order : b.Restarts.CompareTo(a.Restarts);
        order = order != 0 ? order : Magnitude(a.Created).CompareTo(Magnitude(b.Created));
        return order != 0 ? order : string.CompareOrdinal(a.Uid, b.Uid);
    }

    private static int Phase(PodView pod) => pod.Phase switch { "Pending" or "" => 0, "Unknown" => 1, _ => 2 };

    private bool IsReady(PodView pod) => pod.IsReady && !absent.Contains(pod.NodeName);

    private int OnNode(PodView pod) => related.GetValueOrDefault(pod.NodeName);

    /// <summary>The binary order of magnitude of an age in seconds.</summary>
    private int Magnitude(DateTimeOffset? since) =>
        since is { } at && now > at ? (int)Math.Log2((now - at).TotalSeconds + 1) : 0;
}
