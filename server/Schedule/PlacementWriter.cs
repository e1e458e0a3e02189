using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule;

/// <summary>What was decided for the pod under a key.</summary>
internal sealed record Decision(string Key, PodDemand Pod, PlacementOutcome Outcome);

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
                PlacementOutcome.Placed placed => await Bind(decision, placed, ct),
                PlacementOutcome.Unplaceable unplaceable => await Refuse(decision, unplaceable.Message, ct),
                _ => throw new InvalidOperationException("unknown placement outcome"),
            };
        }
#pragma warning disable CA1031 // The edge of the loop: one pod's failed write must not stop the placing of others.
        catch (Exception failure) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            log.WriteFailed(failure, decision.Key);
            return WriteOutcome.Failed;
        }
    }

    private async Task<WriteOutcome> Bind(
        Decision decision, PlacementOutcome.Placed placed, CancellationToken ct)
    {
        var pod = decision.Pod;
        var outcome = await objects.Update(Resources.Pods, pod.Namespace, pod.Name,
            tree => Binding.Bind(tree, pod.Uid, placed.Node, time.GetUtcNow()), ct);
        if (outcome is not UpdateOutcome.Updated)
        {
            return WriteOutcome.Overtaken;
        }

        log.Placed(decision.Key, placed.Node, placed.Score);
        await Tell(pod, EventNote.Normal, "Scheduled",
            $"Successfully assigned {pod.Namespace}/{pod.Name} to {placed.Node}", ct);
        return WriteOutcome.Bound;
    }

    private async Task<WriteOutcome> Refuse(Decision decision, string message, CancellationToken ct)
    {
        var pod = decision.Pod;
        await objects.Update(Resources.Pods, pod.Namespace, pod.Name,
            tree => Binding.Refuse(tree, pod.Uid, message, time.GetUtcNow()), ct);
        log.FitsNowhere(decision.Key, message);
        await Tell(pod, EventNote.Warning, "FailedScheduling", message, ct);
        return WriteOutcome.Refused;
    }

    private Task Tell(PodDemand pod, string type, string reason, string message, CancellationToken ct) =>
        events.Record(
            new EventNote(
                EventNote.Of(Resources.Pods,
                    new ObjectMeta { Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Uid }),
                type, reason, message),
            SchedulerLoop.Name, host: null, times: 1, ct);
}
