using System.Threading.Channels;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Edge.Server.Access;
using Edge.Server.Link;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Keeps what every node should run equal to the store. Changes mark nodes; marked nodes are compiled again from the
/// store, and the link sends what differs.
/// </summary>
/// <param name="objects">What should be.</param>
/// <param name="link">To the nodes.</param>
/// <param name="hold">What a restored backup holds back.</param>
/// <param name="log">Of what cannot be read or sent.</param>
/// <param name="gpuSharing">
/// <c>NAMESPACE/NAME</c> of the ConfigMap that says how GPUs are shared; null to look for such.
/// </param>
internal sealed class DesiredPublisher(
    Objects objects, LinkServer link, RestoreHold hold, ILogger<DesiredPublisher> log, string? gpuSharing = null)
{
    /// <summary>Watch steps that may wait; beyond it the watches wait, which the store bounds itself.</summary>
    private const int InboxMax = 1024;

    private static readonly IReadOnlyList<string> Followed =
        [.. DesiredMarks.Referenced, Resources.Pods.Prefix(), Resources.Nodes.Prefix()];

    private readonly Channel<(string Prefix, FollowStep Step)> _inbox =
        Channel.CreateBounded<(string, FollowStep)>(InboxMax);

    /// <summary>Of the marks, which other loops ask too.</summary>
    private readonly Lock _gate = new();

    private readonly DesiredMarks _marks = new(log);

    private readonly GpuSharingMaps _sharing = new(objects, gpuSharing);

    /// <summary>Keys in the store of the pods that are bound to the node. Any thread.</summary>
    public IReadOnlyList<string> PodsOn(string node)
    {
        lock (_gate)
        {
            return [.. _marks.KeysOf(node)];
        }
    }

    /// <summary>
    /// Publishes all nodes at once. Must be done before the link runs: a node that says hello to a server which does
    /// not know its pods yet would be told to stop them.
    /// </summary>
    public void Prime()
    {
        foreach (var prefix in new[] { Resources.Pods.Prefix(), Resources.Nodes.Prefix() })
        {
            _marks.Take(prefix, new FollowStep.Listed(objects.Store.List(prefix)));
        }

        _sharing.Refresh();
        PublishDirty();
    }

    public async Task Run(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        List<Task> tasks =
            [.. Followed.Select(prefix => Feed(prefix, stop.Token)), Publish(stop.Token)];
        if (hold.IsActive)
        {
            tasks.Add(LookAtHold(stop.Token));
        }

        var first = await Task.WhenAny(tasks);
        await stop.CancelAsync();
        await first;
    }

    private async Task Feed(string prefix, CancellationToken ct)
    {
        await foreach (var step in objects.Store.Follow(prefix, ct))
        {
            await _inbox.Writer.WriteAsync((prefix, step), ct);
        }
    }

    private async Task Publish(CancellationToken ct)
    {
        while (await _inbox.Reader.WaitToReadAsync(ct))
        {
            lock (_gate)
            {
                var isShared = false;
                while (_inbox.Reader.TryRead(out var told))
                {
                    _marks.Take(told.Prefix, told.Step);
                    isShared |= _sharing.Means(told.Prefix, told.Step);
                }

                if (isShared && _sharing.Refresh())
                {
                    _marks.MarkNodes();
                }

                PublishDirty();
            }
        }
    }

    /// <summary>Until nothing is held back any more; then as if there had been no restore.</summary>
    private async Task LookAtHold(CancellationToken ct)
    {
        while (await hold.Look(Leases, ct))
        {
            lock (_gate)
            {
                _marks.MarkLeased();
                PublishDirty();
            }
        }

        lock (_gate)
        {
            _marks.MarkLeased();
            PublishDirty();
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, ct);
    }

    private List<PodLease> Leases()
    {
        lock (_gate)
        {
            return _marks.Leases();
        }
    }

    private void PublishDirty()
    {
        foreach (var name in _marks.TakeDirty())
        {
            if (objects.Store.Get(Resources.Nodes.KeyOf(null, name)) is not { } stored)
            {
                link.Forget(name);
            }
            else if (Objects.TryRead(Resources.Nodes, stored, log) is { } node)
            {
                Publish(name, node);
            }
        }

        link.Published(_marks.PodsRevision);
    }

    private void Publish(string name, Node node)
    {
        var desired = DesiredPlan.Of(
            node, _marks.PodsOf(name), objects.Store.Get, hold.IsActive ? hold.IsHeldBack : null,
            _sharing.For(node));
        if (link.SetAllDesired(name, desired) == SetOutcome.TooLarge)
        {
            log.DesiredTooLarge(name);
        }

        link.SetKey(name, NodeKey.Of(node));
    }
}
