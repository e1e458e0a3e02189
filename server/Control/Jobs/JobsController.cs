using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Jobs;

/// <summary>Runs the pods of a Job until enough of them succeeded, or too many failed (batch/v1).</summary>
internal sealed class JobsController(
    Objects objects, PodIndex pods, NodeReach nodes, JobWriter writer, TimeProvider time,
    ILogger<JobsController> log) : IController
{
    private static readonly ResourceKind<Job> s_kind = Resources.Jobs;

    public string Name => "jobs";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Own(s_kind.Prefix()),
        pods.Source(KeysOf, AllKeys),
        nodes.Source(pods, KeysOf),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (Read(key) is not { } state)
        {
            return null;
        }

        var plan = JobPlan.Of(state, now);
        string? refusal = null;
        if (plan.Acts)
        {
            log.Acts(key, plan.Scale.Create.Count, plan.Scale.Drop.Count + plan.End.Count);
            refusal = await writer.Act(state, plan, ct);

            // The status tells of the pods that are there, and another look finds what ended meanwhile.
            if (Read(key) is not { } after || after.Job.Metadata.Uid != state.Job.Metadata.Uid)
            {
                return TimeSpan.Zero;
            }

            (state, plan) = (after, JobPlan.Of(after, now));
        }

        if (!state.IsManagedElsewhere && !state.IsFinished && !await writer.Count(state, plan, ct))
        {
            return TimeSpan.Zero;
        }

        return refusal is null ? plan.CheckAgain : throw new InvalidOperationException(refusal);
    }

    /// <summary>Null when the Job is gone.</summary>
    internal JobState? Read(string key)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { } job)
        {
            return null;
        }

        var owned = pods.OwnedBy(job.Metadata.Uid!);
        var absent = owned.Where(nodes.IsAbsent).Select(pod => pod.NodeName).ToHashSet();
        return new JobState(job, owned, pods.Unowned(ns), absent, Whole(job, owned));
    }

    private Dictionary<string, Pod> Whole(Job job, IReadOnlyList<PodView> owned)
    {
        var whole = new Dictionary<string, Pod>();
        if (job.Spec.PodFailurePolicy is null)
        {
            return whole;
        }

        foreach (var view in owned)
        {
            if (view is { IsTracked: true, Phase: not "Succeeded", IsActive: false }
                && objects.Get(Resources.Pods, view.Namespace, view.Name) is { } pod && pod.Metadata.Uid == view.Uid)
            {
                whole[view.Uid] = pod;
            }
        }

        return whole;
    }

    private IEnumerable<string> KeysOf(PodView pod) => pod.Controller switch
    {
        { Kind: "Job" } owner => [$"{pod.Namespace}/{owner.Name}"],
        null when pod.IsActive => objects.List(s_kind, pod.Namespace)
            .Where(job => job.Spec.Selector?.Matches(pod.Labels) == true)
            .Select(job => $"{pod.Namespace}/{job.Metadata.Name}"),
        _ => [],
    };

    private IEnumerable<string> AllKeys() => ControllerKey.All(objects.Store, s_kind);
}
