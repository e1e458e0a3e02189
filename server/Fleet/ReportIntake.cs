using System.Text.Json;
using System.Threading.Channels;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Takes what nodes say into the store. Events of one node are handled in order; different nodes share a few lanes so
/// that their writes share commits. A report is acknowledged only after its write is on disk.
/// </summary>
internal sealed class ReportIntake
{
    /// <summary>Nodes handled at once: enough to fill a commit of the store.</summary>
    private const int Lanes = 16;

    /// <summary>Events of a lane that may wait; beyond it the link waits, and nodes send again.</summary>
    private const int LaneMax = 256;

    /// <summary>Before a failed write is tried again.</summary>
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(1);

    private readonly Channel<LinkEvent>[] _lanes =
        [.. Enumerable.Range(0, Lanes).Select(_ => Channel.CreateBounded<LinkEvent>(LaneMax))];

    private readonly Objects _objects;
    private readonly ChannelReader<LinkEvent> _happened;
    private readonly Presence _presence;
    private readonly PodIntake _pods;
    private readonly EventIntake _events;
    private readonly TimeSpan _grace;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    /// <summary>Makes the Node of a device that has none, by its name and the hash of its key.</summary>
    public Func<string, string, CancellationToken, Task> Introduce { get; init; } = (_, _, _) => Task.CompletedTask;

    /// <summary>What a node is given when its GPUs are seen first; null for nothing.</summary>
    public Taint? GpuTaint
    {
        init => _presence.GpuTaint = value;
    }

    /// <summary>Ours, not the link's: the grace period of a node may be over.</summary>
    private sealed record GraceOver(string Node) : LinkEvent(Node);

    public ReportIntake(
        Objects objects, ChannelReader<LinkEvent> happened, PodPresence absent, EventRecorder events, TimeSpan grace,
        TimeProvider time, ILogger<ReportIntake> log)
    {
        (_objects, _happened, _grace, _time, _log) = (objects, happened, grace, time, log);
        _presence = new Presence(objects, absent, grace, time, log);
        _pods = new PodIntake(objects, log);
        _events = new EventIntake(objects, events, log);
    }

    public async Task Run(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var tasks = _lanes.Select(lane => Handle(lane.Reader, stop.Token)).Append(Dispatch(stop.Token))
            .Append(ExpectStored(stop.Token));
        var first = await Task.WhenAny(tasks);
        await stop.CancelAsync();
        await first;
    }

    /// <summary>
    /// A node that is stored but does not come back after a restart of the server must not stay Ready.
    /// </summary>
    private async Task ExpectStored(CancellationToken ct)
    {
        // By their keys: an object that does not read is its own node's affair.
        var prefix = Resources.Nodes.Prefix();
        var nodes = _objects.Store.List(prefix).Items.Select(node => node.Key[prefix.Length..]).ToList();
        nodes.ForEach(_presence.Expect);
        await Task.Delay(_grace, _time, ct);
        foreach (var node in nodes)
        {
            await LaneOf(node).WriteAsync(new GraceOver(node), ct);
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, _time, ct);
    }

    private async Task Dispatch(CancellationToken ct)
    {
        while (true)
        {
            var happened = await _happened.ReadAsync(ct);
            await LaneOf(happened.Node).WriteAsync(happened, ct);
        }
    }

    /// <summary>A node has the same lane in every process, so that what was seen once can be seen again.</summary>
    private ChannelWriter<LinkEvent> LaneOf(string node)
    {
        var sum = 0u;
        foreach (var letter in node)
        {
            sum = (sum * 31) + letter;
        }

        return _lanes[sum % Lanes].Writer;
    }

    private async Task Handle(ChannelReader<LinkEvent> lane, CancellationToken ct)
    {
        while (true)
        {
            var happened = await lane.ReadAsync(ct);
            while (!await TryHandle(happened, ct))
            {
                await Task.Delay(RetryWait, _time, ct);
            }
        }
    }

    private async Task<bool> TryHandle(LinkEvent happened, CancellationToken ct)
    {
        try
        {
            await Handle(happened, ct);
            return true;
        }
        catch (StoreException failure) when (failure.Reason == StoreReason.Full)
        {
            _log.StoreFailed(failure, happened.Node);
            return false;
        }
        catch (Exception fault) when (IsOfOneNode(fault))
        {
            _log.NotHandled(fault, happened.Node, happened.GetType().Name);
            return true;
        }
    }

    /// <summary>
    /// What one node said, or what is stored of it, is broken: that is its own affair. The rest (the store is broken,
    /// the server ends) ends the loops.
    /// </summary>
    private static bool IsOfOneNode(Exception fault) =>
        fault is StoreException { Reason: StoreReason.Unreadable }
        || fault is not (StoreException or OperationCanceledException);

    private async Task Handle(LinkEvent happened, CancellationToken ct)
    {
        switch (happened)
        {
            case LinkEvent.Connected connected:
                await _presence.Connected(happened.Node, connected.Hello, ct);
                break;
            case LinkEvent.Stranger stranger:
                await Introduce(stranger.Node, stranger.Key, ct);
                break;
            case LinkEvent.Disconnected lost:
                AskAfter(_presence.Disconnected(lost.Node, lost.LastHeard), lost.Node, ct);
                break;
            case GraceOver:
                AskAfter(await _presence.Expired(happened.Node, ct), happened.Node, ct);
                break;
            case LinkEvent.Heard heard:
                await _presence.Heard(heard.Node, heard.At, ct);
                break;
            case LinkEvent.Reported reported:
                await Take(reported, ct);
                break;
            case LinkEvent.Lane said:
                await _events.Take(said.Node, said.Kind, said.Payload, ct);
                break;
            default:
                throw new InvalidOperationException($"unknown link event {happened}");
        }
    }

    /// <summary>The timer holds itself until it fires; null asks for none.</summary>
    private void AskAfter(TimeSpan? wait, string node, CancellationToken ct)
    {
        if (wait is not { } due)
        {
            return;
        }

        ITimer? timer = null;
        timer = _time.CreateTimer(
            _ =>
            {
                timer?.Dispose();
                if (!ct.IsCancellationRequested && !LaneOf(node).TryWrite(new GraceOver(node)))
                {
                    // The lane is full: ask again rather than block the timer's thread.
                    AskAfter(RetryWait, node, ct);
                }
            },
            null, due, Timeout.InfiniteTimeSpan);
    }

    private async Task Take(LinkEvent.Reported reported, CancellationToken ct)
    {
        // The node itself comes last: after a restart its return must not be seen before its pods are as they are.
        await Task.WhenAll(reported.Upserts.Where(entry => entry.Key != ReportReader.NodeKey)
            .Select(entry => Take(reported.Node, entry, ct)));
        foreach (var entry in reported.Upserts.Where(entry => entry.Key == ReportReader.NodeKey))
        {
            await Take(reported.Node, entry, ct);
        }

        reported.Committed();
    }

    /// <summary>What cannot be stored is refused and acknowledged, or the node would send it for ever.</summary>
    private async Task Take(string node, MapEntry entry, CancellationToken ct)
    {
        try
        {
            await Store(node, entry, ct);
        }
        catch (Exception fault) when (IsOfOneNode(fault))
        {
            _log.NotStored(fault, node, ReportScope.Cut(entry.Key));
        }
    }

    private async Task Store(string node, MapEntry entry, CancellationToken ct)
    {
        // What cannot be read is dropped and acknowledged: sending it again would not make it better.
        var (report, problem) = ReportReader.Read(entry);
        if (report is null)
        {
            _log.ReportRefused(node, ReportScope.Cut(entry.Key), ReportScope.Cut(problem));
        }
        else if (entry.Key.StartsWith(ReportReader.PodPrefix, StringComparison.Ordinal))
        {
            await _pods.Take(node, entry.Key, report.AsObject(), ct);
        }
        else if (entry.Key == ReportReader.NodeKey)
        {
            await _presence.Reported(node, report.AsObject(), ct);
        }
        else if (entry.Key == ReportReader.BudgetsKey)
        {
            await _presence.ReportedBudgets(node, report.Deserialize(ModelJson.Default.NodeBudgets)!, ct);
        }
        else if (entry.Key == GpuInventory.ReportKey)
        {
            await _presence.ReportedGpus(node, GpuJson.Read(entry.Value), ct);
        }
        else
        {
            await _presence.ReportedImages(node, report.AsArray(), ct);
        }
    }
}
