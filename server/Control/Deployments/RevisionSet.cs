using System.Globalization;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Deployments;

/// <summary>A ReplicaSet of a Deployment and what its pods are, of one moment.</summary>
internal sealed record RevisionSet(ReplicaSet Set)
{
    /// <summary>Which rollout made it last; counts up (as <c>kubectl rollout history</c> shows).</summary>
    public const string RevisionAnnotation = "deployment.kubernetes.io/revision";

    /// <summary>What the Deployment asked for when this set was last scaled: tells a scaling from a rollout.</summary>
    public const string DesiredAnnotation = "deployment.kubernetes.io/desired-replicas";

    /// <summary>The same with its surge: the whole that proportional scaling takes shares of.</summary>
    public const string MaxAnnotation = "deployment.kubernetes.io/max-replicas";

    public string Name => Set.Metadata.Name ?? "";

    /// <summary>What it is asked for.</summary>
    public int Replicas { get; init; } = Set.Spec.Replicas ?? 1;

    /// <summary>Pods that count as replicas.</summary>
    public int Active { get; init; }

    public int Ready { get; init; }

    /// <summary>Pods available on nodes within reach.</summary>
    public int Available { get; init; }

    /// <summary>Replicas on nodes out of reach: perhaps well, but nobody can say.</summary>
    public int Absent { get; init; }

    /// <summary>Replicas that are there or will be: what is left of a larger size counts until it goes.</summary>
    public int Size => Math.Max(Replicas, Active);

    /// <summary>Something of it may still run, be it on its way out.</summary>
    public bool HasRunning { get; init; }

    /// <summary>
    /// What of it may be counted on once it has shrunk to its size: the pods that leave are those that are not ready.
    /// </summary>
    public int Serving => Math.Min(Available, Replicas);

    /// <summary>
    /// What of the newest set needs no waiting for. A node that is out of reach gets its pod when it comes back, and
    /// must not hold up all others until then.
    /// </summary>
    public int Settled => Math.Min(Available + Absent, Replicas);

    public long Revision => NumberOf(RevisionAnnotation);

    public int? Desired => Set.Metadata.Annotations?.ContainsKey(DesiredAnnotation) == true
        ? (int)NumberOf(DesiredAnnotation)
        : null;

    public int Max => (int)NumberOf(MaxAnnotation);

    public static RevisionSet From(
        ReplicaSet set, IReadOnlyList<PodView> pods, Func<PodView, bool> isAbsent, int minReadySeconds,
        DateTimeOffset now)
    {
        int active = 0, ready = 0, available = 0, absent = 0;
        foreach (var pod in pods)
        {
            if (!pod.IsActive)
            {
                continue;
            }

            active++;
            if (isAbsent(pod))
            {
                absent++;
                continue;
            }

            ready += pod.IsReady ? 1 : 0;
            available += pod.IsAvailable(minReadySeconds, now) ? 1 : 0;
        }

        return new RevisionSet(set)
        {
            Active = active,
            Ready = ready,
            Available = available,
            Absent = absent,
            HasRunning = pods.Any(pod => !pod.IsFinished),
        };
    }

    private long NumberOf(string annotation) => long.TryParse(
        Set.Metadata.Annotations?.GetValueOrDefault(annotation), NumberStyles.Integer, CultureInfo.InvariantCulture,
        out var number) ? number : 0;
}
