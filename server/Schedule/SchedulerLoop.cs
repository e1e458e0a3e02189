using System.Threading.Channels;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule;

/// <summary>Places pods that have no node. Watches keep its picture of the cluster; rounds place what waits.</summary>
internal sealed class SchedulerLoop
{
    public const string Name = "default-scheduler";

    /// <summary>Watch steps that may wait; beyond it the watches wait, which the store bounds itself.</summary>
    private const int InboxMax = 1024;

    private readonly Channel<Action> _inbox = Channel.CreateBounded<Action>(InboxMax);
    private readonly ClusterState _cluster = new();
    private readonly PendingPods _pending = new();
    private readonly Objects _objects;
    private readonly ClusterFeed _feed;
    private readonly SchedulingRound _round;
    private readonly TimeProvider _time;

    public SchedulerLoop(Objects objects, EventRecorder events, TimeProvider time, ILogger<SchedulerLoop> log)
    {
        _objects = objects;
        _time = time;
        _feed = new ClusterFeed(_cluster, _pending, log);
        _round = new SchedulingRound(
            objects, _cluster, _pending, _feed, new PlacementWriter(objects, events, time, log), time);
    }

    public async Task Run(CancellationToken ct)
    {
        // Whichever task ends first ends the others, so that a fault is seen and not waited out.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var nodes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var namespaces = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var budgets = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] tasks =
        [
            Feed(Resources.Nodes.Prefix(), _feed.ListNodes, _feed.ChangeNode, nodes, stop.Token),
            Feed(Resources.Namespaces.Prefix(), _feed.ListNamespaces, _feed.ChangeNamespace, namespaces, stop.Token),
            Feed(Resources.PodDisruptionBudgets.Prefix(), _feed.ListBudgets, _feed.ChangeBudget, budgets, stop.Token),
            FeedPodsAfter(Task.WhenAll(nodes.Task, namespaces.Task, budgets.Task), stop.Token),
            Decide(stop.Token),
        ];
        var first = await Task.WhenAny(tasks);
        await stop.CancelAsync();
        await first;
    }

    /// <summary>
    /// Pods come after the nodes and what terms and preemption read, so that no first round decides on half a picture.
    /// </summary>
    private async Task FeedPodsAfter(Task listed, CancellationToken ct)
    {
        await listed;
        await Feed(Resources.Pods.Prefix(), _feed.ListPods, _feed.ChangePod, null, ct);
    }

    private async Task Feed(
        string prefix, Action<Listing> listed, Action<Change> changed, TaskCompletionSource? first,
        CancellationToken ct)
    {
        try
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
        finally
        {
            // Whoever waits for the first listing must not wait for ever.
            first?.TrySetCanceled(CancellationToken.None);
        }
    }

    private async Task Decide(CancellationToken ct)
    {
        // A full inbox is news enough.
        await using var alarm = _time.CreateTimer(
            _ => _inbox.Writer.TryWrite(static () => { }), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        while (true)
        {
            await WaitForWork(alarm, ct);
            while (_inbox.Reader.TryRead(out var apply))
            {
                apply();
            }

            await _round.Run(ct);
        }
    }

    /// <summary>Returns when there is news, or when a pod that waits is due.</summary>
    private async Task WaitForWork(ITimer alarm, CancellationToken ct)
    {
        if (_pending.HasActive)
        {
            return;
        }

        var wait = _pending.NextDue - _round.Now;
        alarm.Change(
            wait is null ? Timeout.InfiniteTimeSpan : wait > TimeSpan.Zero ? wait.Value : TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
        await _inbox.Reader.WaitToReadAsync(ct);
    }
}
