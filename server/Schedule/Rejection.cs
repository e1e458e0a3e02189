namespace Edge.Server.Schedule;

/// <summary>
/// Why a node does not take a pod, in kube-scheduler's words. <paramref name="MayFreeUp"/> says that the node could
/// take it once pods there are gone. Made once and shared, because thousands of nodes may answer the same.
/// </summary>
internal sealed record Rejection(IReadOnlyList<string> Reasons, bool MayFreeUp)
{
    public static Rejection Final(string reason) => new([reason], MayFreeUp: false);

    public static Rejection UntilFree(string reason) => new([reason], MayFreeUp: true);
}
