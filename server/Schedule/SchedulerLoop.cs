using System.Threading.Channels;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule;

/// <summary>
/// Places pods that have no node. Watches keep its picture of the cluster; each round decides a batch one pod after the
/// other on that picture, then writes the batch at once so that the store commits it together.
/// </summary>
internal sealed class SchedulerLoop
{
    public const string Name = "default-scheduler";

    /// <summary>
    /// Pods decided before their writes are awaited: enough for full commits, few enough to see news soon.
    /// </summary>
    private const int BatchMax = 64;

    /// <summary>Watch steps that may wait; beyond it the watches wait, which the store bounds itself.</summary>
    private const int InboxMax = 1024;

    private readonly Channel<Action> _inbox = Channel.CreateBounded<Action>(InboxMax);
    private readonly ClusterState _cluster = new();
    private readonly PendingPods _pending = new();
    private readonly Objects _objects;
    private readonly ClusterFeed _feed;
    private readonly PlacementWriter _writer;
    private readonly TimeProvider _time;
    private Task<bool>? _news;
    private int _start;

    public SchedulerLoop(Objects objects, EventRecorder events, TimeProvider time, ILogger<SchedulerLoop> log)
    {
        _objects = objects;
        _time = time;
        _feed = new ClusterFeed(_cluster, _pending, log);
        _writer = new PlacementWriter(objects, events, time, log);
    }

    public async Task Run(CancellationToken ct)
    {
        // Whichever task ends first ends the others, so that a fault is seen and not waited out.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var nodesListed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] tasks =
        [
            Feed(Resources.Nodes.Prefix(), _feed.ListNodes, _feed.ChangeNode, nodesListed, stop.Token),
            FeedPodsAfter(nodesListed.Task, stop.Token),
            Decide(stop.Token),
        ];
        var first = await Task.WhenAny(tasks);
        await stop.CancelAsync();
        await first;
    }

    /// <summary>Pods come after the nodes, so that the first round does not call every pod unplaceable.</summary>
    private async Task FeedPodsAfter(Task nodes, CancellationToken ct)
    {
        await nodes.WaitAsync(ct);
        await Feed(Resources.Pods.Prefix(), _feed.ListPods, _feed.ChangePod, null, ct);
    }

    private async Task Feed(
        string prefix, Action<Listing> listed, Action<Change> changed, TaskCompletionSource? first,
        CancellationToken ct)
    {
        await foreach (var step in _objects.Store.Follow(prefix, ct))
        {
            Action apply = step switch
            {
                FollowStep.Listed all => () => listed(all.Listing),
                FollowStep.Changed one => () => changed(one.Change),
                _ => throw new InvalidOperationException($"unknown step {step}"),
            };
            await _inbox.Writer.WriteAsync(apply, ct);
            first?.TrySetResult();
        }
    }

    private async Task Decide(CancellationToken ct)
    {
        while (true)
        {
            await WaitForWork(ct);
            while (_inbox.Reader.TryRead(out var apply))
            {
                apply();
            }

            _pending.Promote(_time.GetUtcNow());
            var batch = DecideBatch();
            var written = await Task.WhenAll(batch.Select(decision => _writer.Write(decision, ct)));
            for (var index = 0; index < batch.Count; index++)
            {
                Settle(batch[index].Key, written[index]);
            }
        }
    }

    private async Task WaitForWork(CancellationToken ct)
    {
        if (_pending.HasActive)
        {
            return;
        }

        _news ??= _inbox.Reader.WaitToReadAsync(ct).AsTask();
        if (_pending.NextDue is { } due)
        {
            var wait = due - _time.GetUtcNow();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(_news, Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, _time, stop.Token));
            await stop.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }
        else
        {
            await _news;
        }

        _news = _news.IsCompleted ? null : _news;
    }

    private List<Decision> DecideBatch()
    {
        var batch = new List<Decision>();
        while (batch.Count < BatchMax && _pending.Take() is { } key)
        {
            // Read again: the queue knows only the key, and the pod may have changed since.
            if (_feed.ReadPod(_objects.Store.Get(key)) is not { } pod || !ClusterFeed.IsOurs(pod))
            {
                _pending.Remove(key);
                continue;
            }

            var demand = PodDemand.From(pod);
            _start = _cluster.Nodes.Count == 0 ? 0 : (_start + 1) % _cluster.Nodes.Count;
            var outcome = Placement.Decide(demand, _cluster.Nodes, _start);
            batch.Add(new Decision(key, demand, outcome));
            if (outcome is PlacementOutcome.Placed placed)
            {
                _cluster.Assign(key, placed.Node, demand);
            }
        }

        return batch;
    }

    private void Settle(string key, WriteOutcome outcome)
    {
        switch (outcome)
        {
            case WriteOutcome.Bound:
                _pending.Remove(key);
                break;
            case WriteOutcome.Overtaken:
                // Whatever overtook it comes by the watch.
                _pending.Remove(key);
                _cluster.Release(key);
                break;
            case WriteOutcome.Refused:
                _pending.Rest(key, _time.GetUtcNow());
                break;
            case WriteOutcome.Failed:
                _cluster.Release(key);
                _pending.Retry(key, _time.GetUtcNow());
                break;
            default:
                throw new InvalidOperationException($"unknown outcome {outcome}");
        }
    }
}
