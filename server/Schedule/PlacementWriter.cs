using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule;

/// <summary>What was decided for a pod.</summary>
internal sealed record Decision(PodFacts Pod, PlacementOutcome Outcome)
{
    /// <summary>What the placement, counted ahead of its write, is to others.</summary>
    public ClusterEvent? Added { get; set; }

    /// <summary>The node that is not kept free for it any more, to others.</summary>
    public ClusterEvent? Freed { get; set; }
}

/// <summary>What became of writing a decision.</summary>
internal enum WriteOutcome
{
    Bound,

    /// <summary>The pod changed in between and is not ours any more.</summary>
    Overtaken,
    Refused,
    Failed,
}

/// <summary>Writes decisions: one transaction binds a pod, an Event tells it.</summary>
internal sealed class PlacementWriter(Objects objects, EventRecorder events, TimeProvider time, ILogger log)
{
    public async Task<WriteOutcome> Write(Decision decision, CancellationToken ct)
    {
        try
        {
            return decision.Outcome switch
            {
                PlacementOutcome.Placed placed => await Bind(decision.Pod, placed, ct),
                PlacementOutcome.Unplaceable unplaceable => await Refuse(decision.Pod, unplaceable, ct),
                _ => throw new InvalidOperationException("unknown placement outcome"),
            };
        }
#pragma warning disable CA1031 // The edge of the loop: one pod's failed write must not stop the placing of others.
        catch (Exception failure) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            log.WriteFailed(failure, decision.Pod.Key);
            return WriteOutcome.Failed;
        }
    }

    private async Task<WriteOutcome> Bind(PodFacts pod, PlacementOutcome.Placed placed, CancellationToken ct)
    {
        if (!await StoreBinding(pod, placed, ct))
        {
            return WriteOutcome.Overtaken;
        }

        log.Placed(pod.Key, placed.Node, placed.Score);
        await Tell(Reference(pod.Namespace, pod.Name, pod.Uid), EventNote.Normal, "Scheduled",
            $"Successfully assigned {pod.Namespace}/{pod.Name} to {placed.Node}", ct);
        return WriteOutcome.Bound;
    }

    /// <summary>False when the pod is not ours to bind any more.</summary>
    private async Task<bool> StoreBinding(PodFacts pod, PlacementOutcome.Placed placed, CancellationToken ct)
    {
        var (node, key) = (placed.Node, Resources.Pods.KeyOf(pod.Namespace, pod.Name));
        while (placed.Devices is null)
        {
            ct.ThrowIfCancellationRequested();
            if (objects.Store.Get(key) is not { } current)
            {
                return false;
            }

            if (BindingBytes.Splice(current.Value.Span, pod.Uid, node, time.GetUtcNow()) is not { } bound)
            {
                break;
            }

            var compare = new Compare(key, current.Revision);
            if (await objects.Store.Txn([compare], [StoreOp.Put(key, bound)], ct) is TxnResult.Committed)
            {
                return true;
            }
        }

        // Not as a new pod's bytes are: look at it as a whole.
        return await objects.Update(Resources.Pods, pod.Namespace, pod.Name,
            tree => Binding.Bind(tree, pod.Uid, node, placed.Devices, time.GetUtcNow()), ct) is UpdateOutcome.Updated;
    }

    private async Task<WriteOutcome> Refuse(
        PodFacts pod, PlacementOutcome.Unplaceable unplaceable, CancellationToken ct)
    {
        if (unplaceable.Preemption is { } plan)
        {
            // Nobody leaves for a pod that does not wait any more.
            if (objects.Store.Get(Resources.Pods.KeyOf(pod.Namespace, pod.Name)) is not { } stored
                || !Binding.IsStillPending(ObjectBytes.Read(stored), pod.Uid))
            {
                return WriteOutcome.Overtaken;
            }

            await Task.WhenAll(plan.Victims.Select(victim => MakeLeave(victim, pod, ct)));
            log.Preempted(pod.Key, plan.Victims.Count, plan.Node);
        }

        await objects.Update(Resources.Pods, pod.Namespace, pod.Name,
            tree => Binding.Refuse(tree, pod.Uid, unplaceable.Message, unplaceable.NominatedNode, time.GetUtcNow()),
            ct);
        log.FitsNowhere(pod.Key, unplaceable.Message);
        await Tell(Reference(pod.Namespace, pod.Name, pod.Uid), EventNote.Warning, "FailedScheduling",
            unplaceable.Message, ct);
        return WriteOutcome.Refused;
    }

    /// <summary>As kube-scheduler: the condition says why, then the pod is deleted with its own grace.</summary>
    private async Task MakeLeave(PlacedPod victim, PodFacts preemptor, CancellationToken ct)
    {
        if (victim.IsTerminating)
        {
            return;
        }

        var (ns, name) = (victim.Demand.Namespace, victim.Name);
        await objects.Update(Resources.Pods, ns, name,
            tree => Binding.Disrupt(tree, victim.Uid,
                $"{SchedulerLoop.Name}: preempting to accommodate a higher priority pod", time.GetUtcNow()), ct);
        if (await objects.RequestDelete(Resources.Pods, ns, name, victim.Uid, graceSeconds: null, ct)
            is DeleteOutcome.Marked or DeleteOutcome.Deleted)
        {
            await Tell(Reference(ns, name, victim.Uid), EventNote.Normal, "Preempted",
                $"Preempted by pod {preemptor.Uid} on node {victim.Node}", ct);
        }
    }

    private static ObjectReference Reference(string ns, string name, string uid) =>
        EventNote.Of(Resources.Pods, new ObjectMeta { Namespace = ns, Name = name, Uid = uid });

    private Task Tell(ObjectReference about, string type, string reason, string message, CancellationToken ct) =>
        events.Record(new EventNote(about, type, reason, message), SchedulerLoop.Name, host: null, times: 1, ct);
}
