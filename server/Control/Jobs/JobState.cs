using System.Globalization;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Jobs;

/// <summary>What a Job has, of one moment.</summary>
/// <param name="Job">The Job.</param>
/// <param name="Owned">Pods with its reference.</param>
/// <param name="Unowned">Pods of its namespace that nobody manages.</param>
/// <param name="Absent">Names of nodes out of reach that its pods are on.</param>
/// <param name="Whole">
/// By UID the pods that its failure policy may have to judge, whole: those that failed or go, and are not counted.
/// </param>
internal sealed record JobState(
    Job Job, IReadOnlyList<PodView> Owned, IReadOnlyList<PodView> Unowned, IReadOnlySet<string> Absent,
    IReadOnlyDictionary<string, Pod> Whole)
{
    public const string IndexAnnotation = "batch.kubernetes.io/job-completion-index";

    /// <summary>How often pods of this index failed before, where each index has its own limit (KEP 3850).</summary>
    public const string FailuresAnnotation = "batch.kubernetes.io/job-index-failure-count";

    /// <summary>How often they failed in a way that the failure policy ignores.</summary>
    public const string IgnoredAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

    /// <summary>Says that another controller than ours runs the Job (batch/v1 managedBy).</summary>
    private const string Manager = "kubernetes.io/job-controller";

    public JobSpec Spec => Job.Spec;

    public bool IsIndexed => Spec.CompletionMode == "Indexed";

    public bool IsSuspended => Spec.Suspend == true;

    public bool IsManagedElsewhere => Spec.ManagedBy is not (null or Manager);

    /// <summary>Pods that were deleted are replaced when nothing of them runs any more, not at once.</summary>
    public bool WaitsForTheEnd => Spec.PodReplacementPolicy == "Failed" || Spec.PodFailurePolicy is not null;

    public bool IsFinished => IsOver(Job) is not null;

    /// <summary>The condition that ended the Job for good, or null.</summary>
    public static Condition? IsOver(Job job) => Find(job, "Complete") ?? Find(job, "Failed");

    /// <summary>The condition, where it is True.</summary>
    public static Condition? Find(Job job, string type) =>
        (job.Status?.Conditions ?? []).FirstOrDefault(one => one.Type == type && one.Status == "True");

    /// <summary>The completion index of a pod; -1 for one without, or with one that is none of this Job.</summary>
    public int IndexOf(PodView pod)
    {
        var index = Number(pod, IndexAnnotation, -1);
        return index < Spec.Completions ? index : -1;
    }

    public static int Number(PodView pod, string annotation, int otherwise) => int.TryParse(
        pod.Annotations.GetValueOrDefault(annotation), NumberStyles.None, CultureInfo.InvariantCulture,
        out var number) ? number : otherwise;
}
