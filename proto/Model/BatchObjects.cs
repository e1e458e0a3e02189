using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>Runs pods until enough of them succeeded (batch/v1 Job).</summary>
public sealed record Job
{
    public string ApiVersion { get => field ?? "batch/v1"; init; }
    public string Kind { get => field ?? "Job"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public JobSpec Spec { get => field ??= new(); init; }
    public JobStatus? Status { get; init; }
}

/// <summary>How many pods must succeed, and what failures mean (batch/v1 JobSpec).</summary>
public sealed record JobSpec
{
    public int? Parallelism { get; init; }
    public int? Completions { get; init; }
    public long? ActiveDeadlineSeconds { get; init; }
    public PodFailurePolicy? PodFailurePolicy { get; init; }
    public SuccessPolicy? SuccessPolicy { get; init; }
    public int? BackoffLimit { get; init; }
    public int? BackoffLimitPerIndex { get; init; }
    public int? MaxFailedIndexes { get; init; }
    public LabelSelector? Selector { get; init; }
    public bool? ManualSelector { get; init; }
    public PodTemplateSpec Template { get => field ??= new(); init; }
    public int? TtlSecondsAfterFinished { get; init; }

    /// <summary><c>NonIndexed</c> or <c>Indexed</c>.</summary>
    public string? CompletionMode { get; init; }
    public bool? Suspend { get; init; }

    /// <summary><c>TerminatingOrFailed</c> or <c>Failed</c>.</summary>
    public string? PodReplacementPolicy { get; init; }
    public string? ManagedBy { get; init; }
}

/// <summary>What a failed pod does to its job; the first rule that holds counts (batch/v1 PodFailurePolicy).</summary>
public sealed record PodFailurePolicy
{
    public IReadOnlyList<PodFailurePolicyRule> Rules { get => field ?? []; init; }
}

/// <summary>One action and the exit codes or conditions that it is for (batch/v1 PodFailurePolicyRule).</summary>
public sealed record PodFailurePolicyRule
{
    /// <summary><c>FailJob</c>, <c>FailIndex</c>, <c>Ignore</c> or <c>Count</c>.</summary>
    public string Action { get => field ?? ""; init; }
    public PodFailurePolicyOnExitCodesRequirement? OnExitCodes { get; init; }
    public IReadOnlyList<PodFailurePolicyOnPodConditionsPattern>? OnPodConditions { get; init; }
}

/// <summary>Exit codes; success never counts (batch/v1 PodFailurePolicyOnExitCodesRequirement).</summary>
public sealed record PodFailurePolicyOnExitCodesRequirement
{
    public string? ContainerName { get; init; }

    /// <summary><c>In</c> or <c>NotIn</c>.</summary>
    public string Operator { get => field ?? ""; init; }
    public IReadOnlyList<int> Values { get => field ?? []; init; }
}

/// <summary>A condition that the pod has (batch/v1 PodFailurePolicyOnPodConditionsPattern).</summary>
public sealed record PodFailurePolicyOnPodConditionsPattern
{
    public string Type { get => field ?? ""; init; }
    public string Status { get => field ?? ""; init; }
}

/// <summary>When an indexed job succeeds before all indexes are done (batch/v1 SuccessPolicy).</summary>
public sealed record SuccessPolicy
{
    public IReadOnlyList<SuccessPolicyRule> Rules { get => field ?? []; init; }
}

/// <summary>Which indexes, and how many of them, must have succeeded (batch/v1 SuccessPolicyRule).</summary>
public sealed record SuccessPolicyRule
{
    /// <summary>Intervals such as <c>1,3-5</c>.</summary>
    public string? SucceededIndexes { get; init; }
    public int? SucceededCount { get; init; }
}

/// <summary>How far a job is (batch/v1 JobStatus).</summary>
public sealed record JobStatus
{
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public DateTimeOffset? CompletionTime { get; init; }
    public int? Active { get; init; }
    public int? Succeeded { get; init; }
    public int? Failed { get; init; }
    public int? Terminating { get; init; }

    /// <summary>Intervals such as <c>1,3-5</c>.</summary>
    public string? CompletedIndexes { get; init; }

    /// <summary>Intervals such as <c>1,3-5</c>.</summary>
    public string? FailedIndexes { get; init; }
    public UncountedTerminatedPods? UncountedTerminatedPods { get; init; }
    public int? Ready { get; init; }
}

/// <summary>UIDs of pods that ended and are not counted yet (batch/v1 UncountedTerminatedPods).</summary>
public sealed record UncountedTerminatedPods
{
    public IReadOnlyList<string>? Succeeded { get; init; }
    public IReadOnlyList<string>? Failed { get; init; }
}

/// <summary>Makes a job at each time of a schedule (batch/v1 CronJob).</summary>
public sealed record CronJob
{
    public string ApiVersion { get => field ?? "batch/v1"; init; }
    public string Kind { get => field ?? "CronJob"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public CronJobSpec Spec { get => field ??= new(); init; }
    public CronJobStatus? Status { get; init; }
}

/// <summary>When jobs are made, and which (batch/v1 CronJobSpec).</summary>
public sealed record CronJobSpec
{
    public string Schedule { get => field ?? ""; init; }
    public string? TimeZone { get; init; }
    public long? StartingDeadlineSeconds { get; init; }

    /// <summary><c>Allow</c>, <c>Forbid</c> or <c>Replace</c>.</summary>
    public string? ConcurrencyPolicy { get; init; }
    public bool? Suspend { get; init; }
    public JobTemplateSpec JobTemplate { get => field ??= new(); init; }
    public int? SuccessfulJobsHistoryLimit { get; init; }
    public int? FailedJobsHistoryLimit { get; init; }
}

/// <summary>
/// A job that a CronJob makes (batch/v1 JobTemplateSpec). The spec stays as it was written, because it is copied.
/// </summary>
public sealed record JobTemplateSpec
{
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public JsonElement? Spec { get; init; }
}

/// <summary>What a schedule has made so far (batch/v1 CronJobStatus).</summary>
public sealed record CronJobStatus
{
    public IReadOnlyList<ObjectReference>? Active { get; init; }
    public DateTimeOffset? LastScheduleTime { get; init; }
    public DateTimeOffset? LastSuccessfulTime { get; init; }
}
