using Edge.Server.Schedule.Demand;
using Edge.Server.Store;

namespace Edge.Server.Schedule;

/// <summary>
/// One round of the scheduler: decides a batch one pod after the other on its picture of the cluster, then writes the
/// batch at once so that the store commits it together.
/// </summary>
internal sealed class SchedulingRound(
    Objects objects, ClusterState cluster, PendingPods pending, ClusterFeed feed, PlacementWriter writer,
    TimeProvider time)
{
    /// <summary>
    /// Pods decided before their writes are awaited: enough for full commits, few enough to see news soon.
    /// </summary>
    private const int BatchMax = 256;

    private readonly Placement _placement = new(cluster);
    private readonly long _started = time.GetTimestamp();
    private int _start;

    /// <summary>Since the scheduler was made; a wall clock that steps must not hold a pod back.</summary>
    public TimeSpan Now => time.GetElapsedTime(_started);

    public async Task Run(CancellationToken ct)
    {
        pending.Promote(Now);
        var batch = DecideBatch();
        var written = await Task.WhenAll(batch.Select(decision => writer.Write(decision, ct)));
        var news = new List<ClusterEvent?>(2 * batch.Count);
        for (var index = 0; index < batch.Count; index++)
        {
            news.Add(Settle(batch[index], written[index]));
            news.Add(batch[index].Freed);
        }

        // After all of them, because others of the batch may rest for want of just this.
        foreach (var change in news)
        {
            pending.Wake(change);
        }
    }

    private List<Decision> DecideBatch()
    {
        var batch = new List<Decision>();
        while (batch.Count < BatchMax && pending.Take() is { } waiting)
        {
            if (Newest(waiting) is not { IsOurs: true } pod)
            {
                pending.Remove(waiting.Key);
                continue;
            }

            _start = cluster.Nodes.Count == 0 ? 0 : (_start + 1) % cluster.Nodes.Count;
            batch.Add(new Decision(pod, _placement.Decide(pod, _start)));
            Foresee(batch[^1]);
        }

        return batch;
    }

    /// <summary>The pod may have changed since the watch told of it.</summary>
    private PodFacts? Newest(PodFacts known) =>
        objects.Store.Get(known.Key) is not { } stored ? null
        : stored.Revision == known.Revision ? known
        : feed.ReadPod(stored);

    /// <summary>What the next pod of the batch must know of this one.</summary>
    private void Foresee(Decision decision)
    {
        switch (decision.Outcome)
        {
            case PlacementOutcome.Placed placed:
                decision.Freed = cluster.Nominations.Remove(decision.Pod.Key, except: placed.Node);
                decision.Added = cluster.Assign(decision.Pod, placed.Node, placed.DeviceIds);
                break;
            case PlacementOutcome.Unplaceable { NominatedNode: { } node }:
                decision.Freed = cluster.Nominations.Put(decision.Pod, node);
                break;
            default:
                decision.Freed = cluster.Nominations.Remove(decision.Pod.Key);
                break;
        }
    }

    /// <summary>What became of the decision may help others.</summary>
    private ClusterEvent? Settle(Decision decision, WriteOutcome outcome)
    {
        var key = decision.Pod.Key;
        switch (outcome)
        {
            case WriteOutcome.Bound:
                pending.Remove(key);
                return decision.Added;
            case WriteOutcome.Overtaken:
                // Whatever overtook it comes by the watch.
                pending.Remove(key);
                decision.Freed ??= cluster.Nominations.Remove(key);
                return cluster.Release(key);
            case WriteOutcome.Refused:
                pending.Rest(key, ((PlacementOutcome.Unplaceable)decision.Outcome).By, Now);
                return null;
            case WriteOutcome.Failed:
                pending.Retry(key, Now);
                return cluster.Release(key);
            default:
                throw new InvalidOperationException($"unknown outcome {outcome}");
        }
    }
}
