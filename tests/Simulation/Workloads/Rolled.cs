using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>What there is to see at one moment.</summary>
/// <param name="Pods">By uid.</param>
/// <param name="Sets">By uid.</param>
/// <param name="Reached">Nodes of which something is known.</param>
internal sealed record Moment(
    Dictionary<string, Pod> Pods, Dictionary<string, ReplicaSet> Sets, HashSet<string> Reached)
{
    public static Moment None { get; } = new([], [], []);

    public static Moment Of(Objects objects) => new(
        objects.List(Resources.Pods).ToDictionary(pod => pod.Metadata.Uid!),
        objects.List(Resources.ReplicaSets).ToDictionary(set => set.Metadata.Uid!),
        objects.List(Resources.Nodes).Where(NodeReach.IsThere).Select(node => node.Metadata.Name!).ToHashSet());
}

/// <summary>A Deployment from one moment to the next.</summary>
internal sealed class Rolled
{
    private readonly Moment _before;
    private readonly Moment _now;

    /// <summary>Its pods at the moment before, and now.</summary>
    private readonly List<Pod> _had;
    private readonly List<Pod> _has;

    public Rolled(Deployment deployment, Moment before, Moment now)
    {
        (Deployment, _before, _now) = (deployment, before, now);
        Sets = [.. now.Sets.Values.Where(set => Owners.ControllerOf(set.Metadata)?.Uid == Uid)];
        var sets = Sets.Select(set => set.Metadata.Uid!).ToHashSet();
        _had = [.. before.Pods.Values.Where(pod => sets.Contains(SetOf(pod) ?? ""))];
        _has = [.. now.Pods.Values.Where(pod => sets.Contains(SetOf(pod) ?? ""))];
    }

    public Deployment Deployment { get; }

    public IReadOnlyList<ReplicaSet> Sets { get; }

    public string Name => Deployment.Metadata.Name!;

    public string Uid => Deployment.Metadata.Uid!;

    public int Replicas => Deployment.Spec.Replicas!.Value;

    public int Surge => Percent.Of(Deployment.Spec.Strategy!.RollingUpdate!.MaxSurge, Replicas, roundUp: true);

    public int Unavailable
    {
        get
        {
            var given = Percent.Of(
                Deployment.Spec.Strategy!.RollingUpdate!.MaxUnavailable, Replicas, roundUp: false);
            return Surge == 0 && given == 0 ? 1 : Math.Min(given, Replicas);
        }
    }

    /// <summary>
    /// What was decided under an earlier spec, or while other nodes were within reach, has been done: a pod that was to
    /// go or to come then may still do so later.
    /// </summary>
    public bool HasCarriedOut =>
        Deployment.Metadata.DeletionTimestamp is null
        && Deployment.Status?.ObservedGeneration == Deployment.Metadata.Generation
        && Sets.All(set => _has.Where(pod => SetOf(pod) == set.Metadata.Uid).Count(IsActive) is var active
            && (IsRecreating ? active == set.Spec.Replicas : active <= set.Spec.Replicas))
        && (!IsRecreating || Sets.Count(set => set.Spec.Replicas > 0) <= 1);

    public int Active => _has.Count(pod => IsActive(pod) && IsThere(pod));

    public int ActiveBefore => _had.Count(pod => IsActive(pod) && IsThere(pod));

    public int Serving => _has.Count(Serves);

    public int Away => _has.Count(pod => IsActive(pod) && !IsThere(pod));

    public int Made => NewPods.Count();

    /// <summary>A pod made while one of another revision had not ended.</summary>
    public string? MadeBeside => NewPods.FirstOrDefault(pod => _had.Any(other =>
        other.Status?.Phase is not ("Succeeded" or "Failed") && SetOf(other) != SetOf(pod)
        && _now.Pods.ContainsKey(other.Metadata.Uid!)))?.Metadata.Name;

    /// <summary>How many that served were taken, by nobody else than their set.</summary>
    public int Taken => Sets.Sum(set => Gone(set.Metadata.Uid!).Count(pod => IsReady(pod) && IsThere(pod)));

    /// <summary>
    /// One that served does not any more, and its set has not taken it; or one out of reach, which held up nobody, is
    /// given up.
    /// </summary>
    public bool HasLost => _had.Any(old => IsActive(old)
        && _now.Pods.GetValueOrDefault(old.Metadata.Uid!) is var pod
        && (IsThere(old)
            ? IsReady(old) && (pod is null || !IsReady(pod) || IsEvicted(pod))
            : pod is null || !IsActive(pod)));

    private bool IsRecreating => Deployment.Spec.Strategy!.Type == "Recreate";

    private IEnumerable<Pod> NewPods => _has.Where(pod => !_before.Pods.ContainsKey(pod.Metadata.Uid!));

    /// <summary>How many a set has taken, whether they served or not.</summary>
    public int TakenOf(string set) => Gone(set).Count();

    /// <summary>By how many it was made smaller.</summary>
    public int ShrunkBy(ReplicaSet set) =>
        _before.Sets.TryGetValue(set.Metadata.Uid!, out var old) ? Math.Max(0, Size(old) - Size(set)) : 0;

    /// <summary>How many that serve must go for a set that was just made smaller.</summary>
    public int MustTake(ReplicaSet set) =>
        ShrunkBy(set) == 0
            ? 0
            : Math.Max(0, _has.Where(pod => SetOf(pod) == set.Metadata.Uid).Count(Serves) - Size(set));

    private IEnumerable<Pod> Gone(string set) => _had.Where(old => SetOf(old) == set && IsActive(old)
        && _now.Pods.TryGetValue(old.Metadata.Uid!, out var pod)
        && pod.Metadata.DeletionTimestamp is not null && !IsEvicted(pod));

    private static string? SetOf(Pod pod) => Owners.ControllerOf(pod.Metadata)?.Uid;

    private static int Size(ReplicaSet set) => set.Spec.Replicas ?? 1;

    private bool Serves(Pod pod) => IsActive(pod) && IsReady(pod) && IsThere(pod);

    private bool IsThere(Pod pod) =>
        string.IsNullOrEmpty(pod.Spec.NodeName) || _now.Reached.Contains(pod.Spec.NodeName);

    private static bool IsActive(Pod pod) =>
        pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Succeeded" or "Failed");

    /// <summary>Its node's taints or a drain took it, which is no rollout's doing.</summary>
    private static bool IsEvicted(Pod pod) =>
        pod.Status?.Conditions?.Any(condition => condition is { Type: "DisruptionTarget", Status: "True" }) == true;

    private static bool IsReady(Pod pod) =>
        pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
