using System.Globalization;

namespace Edge.Proto.Model;

/// <summary>
/// The lease by which a pod that bears an unreachable node only for a time runs there (design, 6.4). The node counts
/// from when it sent the last heartbeat that the server answered, the server from its receipt; both by these rules, so
/// that the node has stopped the pod before the server takes it for gone. Pure.
/// </summary>
public static class Fencing
{
    public const string UnreachableTaint = "node.kubernetes.io/unreachable";

    public const string NotReadyTaint = "node.kubernetes.io/not-ready";

    /// <summary>
    /// The keep-alive of a node's agent in seconds, where it is not <see cref="KeepAliveDefault"/>: a server that was
    /// restarted must know it of a node that does not come back.
    /// </summary>
    public const string KeepAliveAnnotation = "edge/keep-alive-seconds";

    /// <summary>Kubernetes' default for <c>terminationGracePeriodSeconds</c>.</summary>
    public const long DefaultGraceSeconds = 30;

    public static readonly TimeSpan KeepAliveDefault = TimeSpan.FromSeconds(120);

    /// <summary>The longest keep-alive that an agent can be set to.</summary>
    private static readonly TimeSpan KeepAliveMost = TimeSpan.FromHours(1);

    /// <summary>A clock of ours may run slower than the other by so much of the time that is counted.</summary>
    private const double Skew = 0.01;

    /// <summary>For a node that is slow to kill.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>For steps that fail and are tried again, where nobody is in a hurry.</summary>
    private static readonly TimeSpan EndMargin = TimeSpan.FromSeconds(60);

    private static readonly Taint Unreachable = new() { Key = UnreachableTaint, Effect = "NoExecute" };

    /// <summary>
    /// How long the pod may be cut off before the server gives it away; null when it stays for ever. The first
    /// toleration that fits counts, as in Kubernetes.
    /// </summary>
    public static TimeSpan? Toleration(Pod pod)
    {
        foreach (var toleration in pod.Spec.Tolerations ?? [])
        {
            if (toleration.Tolerates(Unreachable))
            {
                return toleration.TolerationSeconds is { } seconds ? TimeSpan.FromSeconds(Bounded(seconds)) : null;
            }
        }

        return null;
    }

    /// <summary>The node's keep-alive by its annotation; one that makes no sense is taken for the longest.</summary>
    public static TimeSpan KeepAlive(Node node) =>
        node.Metadata.Annotations?.GetValueOrDefault(KeepAliveAnnotation) is not { } text ? KeepAliveDefault
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= KeepAliveMost.TotalSeconds ? TimeSpan.FromSeconds(seconds)
        : KeepAliveMost;

    /// <summary>
    /// The keep-alive that a node counts with: the shorter one of what it told the server and what the server is known
    /// to have on its disk, so that neither a change of the setting nor a server that forgot it makes the node's lease
    /// the longer one.
    /// </summary>
    public static TimeSpan KeepAlive(TimeSpan told, NodeSettings settings)
    {
        var known = settings.KeepAliveSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : KeepAliveDefault;
        return told < known ? told : known;
    }

    /// <summary>
    /// What both count beyond the toleration: an idle node is silent for a whole keep-alive, and one heartbeat may be
    /// lost, without being cut off.
    /// </summary>
    public static TimeSpan Slack(TimeSpan keepAlive) => keepAlive * 1.5;

    /// <summary>
    /// What the pod's containers get to end in. A deletion with a longer grace does not prolong it: the server counts
    /// with the description's.
    /// </summary>
    public static TimeSpan Grace(Pod pod) =>
        TimeSpan.FromSeconds(Bounded(pod.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds));

    /// <summary>
    /// After so long a silence of its node the pod runs there no more; null when it stays for ever.
    /// </summary>
    public static TimeSpan? ServerWait(Pod pod, TimeSpan keepAlive) =>
        Toleration(pod) is { } toleration ? ServerWait(toleration, Grace(pod), keepAlive) : null;

    /// <summary>The same for a pod of which only this is known.</summary>
    public static TimeSpan ServerWait(TimeSpan toleration, TimeSpan grace, TimeSpan keepAlive) =>
        ((toleration + Slack(keepAlive) + grace) * (1 + Skew)) + Margin;

    /// <summary>After so long the containers that a node was told to end are gone.</summary>
    public static TimeSpan EndWait(TimeSpan grace) => (grace * (1 + Skew)) + EndMargin;

    /// <summary>Kubernetes' seconds are 64 bits wide: beyond every calendar. 68 years are as good.</summary>
    private static long Bounded(long seconds) => Math.Clamp(seconds, 0, int.MaxValue);
}
