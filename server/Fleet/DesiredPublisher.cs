using System.Threading.Channels;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Keeps what every node should run equal to the store. Changes mark nodes; marked nodes are compiled again from the
/// store, and the link sends what differs.
/// </summary>
internal sealed class DesiredPublisher(Objects objects, LinkServer link, ILogger<DesiredPublisher> log)
{
    /// <summary>Watch steps that may wait; beyond it the watches wait, which the store bounds itself.</summary>
    private const int InboxMax = 1024;

    private static readonly string[] ReferencedPrefixes =
        [Resources.ConfigMaps.Prefix(), Resources.Secrets.Prefix(), Resources.ServiceAccounts.Prefix()];

    private readonly Channel<FollowStep> _inbox = Channel.CreateBounded<FollowStep>(InboxMax);
    private readonly Dictionary<string, DesiredPod> _pods = [];
    private readonly Dictionary<string, HashSet<string>> _podsOfNode = [];
    private readonly HashSet<string> _dirty = [];

    /// <summary>
    /// Publishes all nodes at once. Must be done before the link runs: a node that says hello to a server which does
    /// not know its pods yet would be told to stop them.
    /// </summary>
    public void Prime()
    {
        TakePods(objects.Store.List(Resources.Pods.Prefix()));
        MarkNodes(objects.Store.List(Resources.Nodes.Prefix()));
        PublishDirty();
    }

    public async Task Run(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var tasks = ReferencedPrefixes.Append(Resources.Pods.Prefix()).Append(Resources.Nodes.Prefix())
            .Select(prefix => Feed(prefix, stop.Token))
            .Append(Publish(stop.Token));
        var first = await Task.WhenAny(tasks);
        await stop.CancelAsync();
        await first;
    }

    private async Task Feed(string prefix, CancellationToken ct)
    {
        await foreach (var step in objects.Store.Follow(prefix, ct))
        {
            await _inbox.Writer.WriteAsync(step, ct);
        }
    }

    private async Task Publish(CancellationToken ct)
    {
        while (await _inbox.Reader.WaitToReadAsync(ct))
        {
            while (_inbox.Reader.TryRead(out var step))
            {
                Take(step);
            }

            PublishDirty();
        }
    }

    private void Take(FollowStep step)
    {
        switch (step)
        {
            case FollowStep.Listed { Listing: var listing }:
                if (listing.Items is [var first, ..] && !Is(Resources.Pods.Prefix(), first.Key))
                {
                    foreach (var item in listing.Items)
                    {
                        TakeOther(item.Key);
                    }
                }
                else
                {
                    TakePods(objects.Store.List(Resources.Pods.Prefix()));
                }

                break;
            case FollowStep.Changed { Change: var change }:
                if (Is(Resources.Pods.Prefix(), change.Object.Key))
                {
                    TakePod(change.Object.Key, change.Type == ChangeType.Delete ? null : change.Object);
                }
                else
                {
                    TakeOther(change.Object.Key);
                }

                break;
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }

    private void TakePods(Listing listing)
    {
        var present = listing.Items.Select(item => item.Key).ToHashSet();
        foreach (var gone in _pods.Keys.Where(key => !present.Contains(key)).ToList())
        {
            TakePod(gone, null);
        }

        foreach (var item in listing.Items)
        {
            TakePod(item.Key, item);
        }
    }

    /// <summary>A pod whose bytes for the node are the same, such as after a status, marks nothing.</summary>
    private void TakePod(string key, StoredObject? stored)
    {
        var before = _pods.GetValueOrDefault(key);
        if (!TryRead(stored, out var now))
        {
            // Its node keeps what it had: no container ends because the server cannot read.
            return;
        }

        if (before is not null && now is not null && before.Node == now.Node && before.Entry.Key == now.Entry.Key
            && before.Entry.Value.Span.SequenceEqual(now.Entry.Value.Span))
        {
            return;
        }

        if (before is not null)
        {
            _pods.Remove(key);
            _podsOfNode[before.Node].Remove(key);
            _dirty.Add(before.Node);
        }

        if (now is not null)
        {
            _pods[key] = now;
            (_podsOfNode.TryGetValue(now.Node, out var pods) ? pods : _podsOfNode[now.Node] = []).Add(key);
            _dirty.Add(now.Node);
        }
    }

    /// <summary>
    /// False (and logged) when the pod is unreadable; <paramref name="pod"/> is null when no node has it.
    /// </summary>
    private bool TryRead(StoredObject? stored, out DesiredPod? pod)
    {
        pod = null;
        if (stored is not { } present)
        {
            return true;
        }

        if (Objects.TryRead(Resources.Pods, present, log) is not { } readable)
        {
            return false;
        }

        pod = DesiredPlan.Pod(readable, present);
        return true;
    }

    private void TakeOther(string key)
    {
        if (Is(Resources.Nodes.Prefix(), key))
        {
            _dirty.Add(key[Resources.Nodes.Prefix().Length..]);
            return;
        }

        foreach (var pod in _pods.Values)
        {
            if (pod.References.Contains(key))
            {
                _dirty.Add(pod.Node);
            }
        }
    }

    private void MarkNodes(Listing listing)
    {
        foreach (var node in listing.Items)
        {
            TakeOther(node.Key);
        }
    }

    private void PublishDirty()
    {
        foreach (var name in _dirty)
        {
            if (objects.Store.Get(Resources.Nodes.KeyOf(null, name)) is not { } stored)
            {
                link.Forget(name);
                continue;
            }

            if (Objects.TryRead(Resources.Nodes, stored, log) is not { } node)
            {
                continue;
            }

            var pods = _podsOfNode.GetValueOrDefault(name, []).Select(key => _pods[key]);
            if (link.SetAllDesired(name, DesiredPlan.Of(node, pods, objects.Store.Get)) == SetOutcome.TooLarge)
            {
                log.DesiredTooLarge(name);
            }
        }

        _dirty.Clear();
    }

    private static bool Is(string prefix, string key) => key.StartsWith(prefix, StringComparison.Ordinal);
}
