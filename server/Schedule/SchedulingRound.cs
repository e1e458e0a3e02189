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
    private const int BatchMax = 64;

    private readonly long _started = time.GetTimestamp();
    private int _start;

    /// <summary>Since the scheduler was made; a wall clock that steps must not hold a pod back.</summary>
    public TimeSpan Now => time.GetElapsedTime(_started);

    public async Task Run(CancellationToken ct)
    {
        pending.Promote(Now);
        var batch = DecideBatch();
        var written = await Task.WhenAll(batch.Select(decision => writer.Write(decision, ct)));
        var freed = false;
        for (var index = 0; index < batch.Count; index++)
        {
            freed |= Settle(batch[index].Key, written[index]);
        }

        if (freed)
        {
            // After all of them, because others of the batch may rest for want of just this room.
            pending.WakeAll();
        }
    }

    private List<Decision> DecideBatch()
    {
        var batch = new List<Decision>();
        while (batch.Count < BatchMax && pending.Take() is { } key)
        {
            // Read again: the queue knows only the key, and the pod may have changed since.
            if (feed.ReadPod(objects.Store.Get(key)) is not { } pod || !ClusterFeed.IsOurs(pod))
            {
                pending.Remove(key);
                continue;
            }

            var demand = PodDemand.From(pod);
            _start = cluster.Nodes.Count == 0 ? 0 : (_start + 1) % cluster.Nodes.Count;
            var outcome = Placement.Decide(demand, cluster.Nodes, _start);
            batch.Add(new Decision(key, demand, outcome));
            if (outcome is PlacementOutcome.Placed placed)
            {
                cluster.Assign(key, placed.Node, demand);
            }
        }

        return batch;
    }

    /// <summary>True when room that was counted as taken is free again.</summary>
    private bool Settle(string key, WriteOutcome outcome)
    {
        switch (outcome)
        {
            case WriteOutcome.Bound:
                pending.Remove(key);
                return false;
            case WriteOutcome.Overtaken:
                // Whatever overtook it comes by the watch.
                pending.Remove(key);
                return cluster.Release(key);
            case WriteOutcome.Refused:
                pending.Rest(key, Now);
                return false;
            case WriteOutcome.Failed:
                pending.Retry(key, Now);
                return cluster.Release(key);
            default:
                throw new InvalidOperationException($"unknown outcome {outcome}");
        }
    }
}
