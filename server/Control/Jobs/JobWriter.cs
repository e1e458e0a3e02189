using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Server.Control.Jobs;

/// <summary>
/// Carries out what a Job's plan says. Every end of a pod is counted once, whenever the server stops: the status that
/// counts it and the loss of its finalizer are one transaction.
/// </summary>
internal sealed class JobWriter(Objects objects, PodIndex pods, PodWriter writer, TimeProvider time)
{
    private const string Component = "job-controller";

    private static readonly ResourceKind<Job> s_kind = Resources.Jobs;

    /// <summary>Takes over, makes and deletes pods; returns why pods were refused, or null.</summary>
    public async Task<string?> Act(JobState state, JobPlan plan, CancellationToken ct)
    {
        var meta = state.Job.Metadata;
        await writer.Claim(s_kind, meta, plan.Claims, JobFinalizer.Add, JobFinalizer.Remove, ct);
        await Task.WhenAll(plan.Scale.Drop.Select(pod => Drop(meta, pod, ct)));
        await writer.Delete(s_kind, meta, plan.End, Component, ct);
        var drafts = JobPodDraft.All(state, plan.Scale.Create);
        return drafts.Count == 0 ? null : (await writer.Create(s_kind, meta, drafts, Component, ct)).Refusal;
    }

    /// <summary>
    /// Writes the status with what it counts. False when the Job or one of those pods has changed since it was read:
    /// nothing is written then.
    /// </summary>
    public async Task<bool> Count(JobState state, JobPlan plan, CancellationToken ct)
    {
        var meta = state.Job.Metadata;
        var key = s_kind.KeyOf(meta.Namespace, meta.Name!);
        if (objects.Store.Get(key) is not { } stored
            || stored.Revision != long.Parse(meta.ResourceVersion!, CultureInfo.InvariantCulture))
        {
            return false;
        }

        var job = ObjectBytes.Read(stored);
        var status = JsonSerializer.SerializeToNode(plan.Status, WorkloadJson.Default.JobStatus);
        if (plan.Count.Count == 0 && JsonNode.DeepEquals(job["status"], status))
        {
            return true;
        }

        job["status"] = status;
        List<Compare> compares = [new(key, stored.Revision)];
        List<StoreOp> ops = [StoreOp.Put(key, ObjectBytes.Write(job))];
        foreach (var view in plan.Count)
        {
            if (objects.Store.Get(view.Key) is not { } current
                || ObjectBytes.Read(current) is not { } pod || !IsAsSeen(pod, view))
            {
                return false;
            }

            JobFinalizer.Remove(pod);
            compares.Add(new Compare(view.Key, current.Revision));
            ops.Add(Deletion.IsReleased(Resources.Pods.Resource, pod)
                ? StoreOp.Delete(view.Key)
                : StoreOp.Put(view.Key, ObjectBytes.Write(pod)));
        }

        if (await objects.Store.Txn(compares, ops, ct) is not TxnResult.Committed)
        {
            return false;
        }

        foreach (var told in plan.Events)
        {
            await writer.Tell(s_kind, meta, told.Type, told.Reason, told.Message, Component, ct);
        }

        return true;
    }

    /// <summary>
    /// Deletes a pod that counts as nothing: what lets it go uncounted also marks it, unless it has ended meanwhile.
    /// </summary>
    private async Task Drop(ObjectMeta job, PodView view, CancellationToken ct)
    {
        while (objects.Store.Get(view.Key) is { } current)
        {
            var pod = ObjectBytes.Read(current);
            if (!IsAsSeen(pod, view with { IsTracked = JobFinalizer.IsOn(pod), Phase = PhaseOf(pod) })
                || PhaseOf(pod) is "Succeeded" or "Failed")
            {
                return;
            }

            JobFinalizer.Remove(pod);
            var op = Deletion.Plan(Resources.Pods.Resource, pod, default, time.GetUtcNow()) is DeletionStep.Mark mark
                ? StoreOp.Put(view.Key, ObjectBytes.Write(mark.Object))
                : StoreOp.Delete(view.Key);
            if (await objects.Store.Txn([new Compare(view.Key, current.Revision)], [op], ct) is TxnResult.Committed)
            {
                pods.Look(view.Key);
                await writer.Tell(
                    s_kind, job, EventNote.Normal, "SuccessfulDelete", "Deleted pod: " + view.Name, Component, ct);
                return;
            }
        }
    }

    /// <summary>Nothing that its count depends on has changed.</summary>
    private static bool IsAsSeen(JsonObject pod, PodView view) =>
        pod["metadata"]!["uid"]?.ToString() == view.Uid
        && JobFinalizer.IsOn(pod) == view.IsTracked
        && PhaseOf(pod) == view.Phase
        && pod["metadata"]!["deletionTimestamp"] is not null == view.IsDeleting;

    private static string PhaseOf(JsonObject pod) => pod["status"]?["phase"]?.ToString() ?? "";
}
