using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Server.Control.CronJobs;

/// <summary>
/// Carries out what a CronJob's plan says. A Job and the status that knows of it are one transaction, so that no time
/// of the schedule is used twice or lost, whenever the server stops.
/// </summary>
internal sealed class CronJobWriter(
    Objects objects, OwnedIndex<Job> jobs, EventRecorder events, TimeProvider time)
{
    private const string Component = "cronjob-controller";

    private static readonly ResourceKind<CronJob> s_kind = Resources.CronJobs;

    public async Task Delete(CronJob cronJob, IReadOnlyList<Job> doomed, CancellationToken ct)
    {
        foreach (var job in doomed)
        {
            var meta = job.Metadata;
            var outcome = await objects.RequestDelete(
                Resources.Jobs, meta.Namespace, meta.Name!, meta.Uid, graceSeconds: null, ct);
            if (outcome is DeleteOutcome.Deleted or DeleteOutcome.Marked)
            {
                jobs.Look(Resources.Jobs.KeyOf(meta.Namespace, meta.Name!));
                await Tell(
                    cronJob, new CronJobEvent(EventNote.Normal, "SuccessfulDelete", $"Deleted job {meta.Name}"), ct);
            }
        }
    }

    /// <summary>Makes the Job of the plan, if any, and writes the status; false when somebody was faster.</summary>
    /// <exception cref="InvalidOperationException">The template makes no valid Job.</exception>
    public async Task<bool> Run(CronJobState state, CronJobPlan plan, CancellationToken ct)
    {
        if (plan.Run is not { } due)
        {
            return await Write(state.CronJob, plan.Status, null, ct);
        }

        var meta = state.CronJob.Metadata;
        var draft = JobDraft.Of(state, due, objects.NewUid(), time.GetUtcNow(), out var fault);
        if (draft is null)
        {
            await Failed(state.CronJob, fault, ct);
            throw new InvalidOperationException(fault);
        }

        var name = JobDraft.NameOf(state.CronJob, due);
        var done = plan.Status with { LastScheduleTime = due };
        if (objects.Store.Get(Resources.Jobs.KeyOf(meta.Namespace, name)) is not null)
        {
            // Whoever has the name has used the time.
            await Failed(state.CronJob, $"jobs.batch \"{name}\" already exists", ct);
            return await Write(state.CronJob, done, null, ct);
        }

        var reference = new ObjectReference
        {
            Kind = Resources.Jobs.Kind, ApiVersion = Resources.Jobs.ApiVersion, Namespace = meta.Namespace,
            Name = name, Uid = draft["metadata"]!["uid"]!.GetValue<string>(),
        };
        if (!await Write(state.CronJob, done with { Active = [.. plan.Status.Active ?? [], reference] }, draft, ct))
        {
            return false;
        }

        await Tell(
            state.CronJob, new CronJobEvent(EventNote.Normal, "SuccessfulCreate", $"Created job {name}"), ct);
        return true;
    }

    public Task Tell(CronJob cronJob, CronJobEvent told, CancellationToken ct) =>
        events.Record(
            new EventNote(EventNote.Of(s_kind, cronJob.Metadata), told.Type, told.Reason, told.Message), Component,
            host: null, times: 1, ct);

    private Task Failed(CronJob cronJob, string why, CancellationToken ct) =>
        Tell(cronJob, new CronJobEvent(EventNote.Warning, "FailedCreate", "Error creating job: " + why), ct);

    /// <summary>Writes the status and, if there is one, the Job; both or neither.</summary>
    private async Task<bool> Write(CronJob cronJob, CronJobStatus status, JsonObject? job, CancellationToken ct)
    {
        var meta = cronJob.Metadata;
        var key = s_kind.KeyOf(meta.Namespace, meta.Name!);
        if (objects.Store.Get(key) is not { } stored
            || stored.Revision != long.Parse(meta.ResourceVersion!, CultureInfo.InvariantCulture))
        {
            return false;
        }

        var tree = ObjectBytes.Read(stored);
        var written = JsonSerializer.SerializeToNode(status, WorkloadJson.Default.CronJobStatus);
        if (job is null && JsonNode.DeepEquals(tree["status"] ?? new JsonObject(), written))
        {
            return true;
        }

        tree["status"] = written;
        List<Compare> compares = [new(key, stored.Revision)];
        List<StoreOp> ops = [StoreOp.Put(key, ObjectBytes.Write(tree))];
        if (job is not null)
        {
            if (objects.OpenNamespace(meta.Namespace!) is not { } open)
            {
                // A namespace that goes takes neither the Job nor the word of it.
                return true;
            }

            var jobKey = Resources.Jobs.KeyOf(meta.Namespace, job["metadata"]!["name"]!.GetValue<string>());
            compares.AddRange([open, new Compare(jobKey, 0)]);
            ops.Add(StoreOp.Put(jobKey, ObjectBytes.Write(job)));
        }

        if (await objects.Store.Txn(compares, ops, ct) is not TxnResult.Committed)
        {
            return false;
        }

        if (ops.Count > 1)
        {
            jobs.Look(ops[1].Key);
        }

        return true;
    }
}
