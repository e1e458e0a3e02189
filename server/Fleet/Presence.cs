using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Merges what a node reported last with whether it is there. A lost session alone says nothing: only after the grace
/// period without one is the node's status Unknown, so that a restarted broker or server changes no object.
/// All calls for one node come one after the other.
/// </summary>
internal sealed class Presence(Objects objects, PodPresence pods, TimeSpan grace, TimeProvider time, ILogger log)
{
    /// <summary>Readers of leases take a node for dead after this; well above the longest keep-alive (600 s).</summary>
    private const int LeaseSeconds = 900;

    /// <summary>What a node is given when its GPUs are seen first; null for nothing.</summary>
    public Taint? GpuTaint { get; set; }

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Seen> _nodes = [];

    /// <summary>
    /// Report is the last one of this server's life, or null. Since is null while connected, and a timestamp: a wall
    /// clock that steps changes no grace. Asked: somebody will ask <see cref="Expired"/> anyway. Contact is the last
    /// one, while not connected.
    /// </summary>
    private sealed record Seen(byte[]? Report, long? Since, bool Asked, LastContact Contact);

    /// <summary>
    /// A node the store knows of; it counts as lost from now on until it says hello. The caller asks
    /// <see cref="Expired"/> after the grace period.
    /// </summary>
    public void Expect(string node)
    {
        lock (_gate)
        {
            _nodes.TryAdd(node, New(asked: true));
        }
    }

    /// <param name="node">Its name.</param>
    /// <param name="hello">Says its keep-alive and its key.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task Connected(string node, Hello hello, CancellationToken ct)
    {
        log.NodeConnected(node);
        await Write(node, tree => NodeStatusPlan.Greeted(tree, hello, time.GetUtcNow()), ct);
        var seen = Set(node, known => known with { Since = null });
        // Before the node: whoever sees it there again must not take its pods for unready.
        await pods.Back(node, ct);
        if (seen.Report is { } report)
        {
            await Merge(node, JsonNode.Parse(report)!.AsObject(), ct);
        }
    }

    /// <summary>
    /// How long the caller waits before it asks <see cref="Expired"/>; null when that is on its way already.
    /// </summary>
    public TimeSpan? Disconnected(string node, DateTimeOffset lastHeard)
    {
        log.NodeDisconnected(node);
        var asked = false;
        Set(node, known =>
        {
            asked = known.Asked;
            return known with
            {
                Since = known.Since ?? time.GetTimestamp(), Asked = true, Contact = new LastContact(lastHeard, true),
            };
        });
        return asked ? null : grace;
    }

    public async Task Reported(string node, JsonObject report, CancellationToken ct)
    {
        LogLabels(node, report["labels"] as JsonObject ?? []);
        // After the write: a report that cannot be stored must not come again with the next connection.
        if (await Merge(node, report, ct))
        {
            // As bytes: a tree of each of a thousand nodes would cost ten times as much.
            var bytes = JsonSerializer.SerializeToUtf8Bytes(report, ModelJson.Default.JsonObject);
            Set(node, known => known with { Report = bytes });
        }
    }

    public Task ReportedImages(string node, JsonArray images, CancellationToken ct) =>
        WriteIfFits(node, ReportReader.ImagesKey, tree => NodeStatusPlan.Images(tree, images), ct);

    /// <summary>Said once a day; a lost session repeats nothing of it.</summary>
    public Task ReportedBudgets(string node, NodeBudgets budgets, CancellationToken ct) => WriteIfFits(
        node, ReportReader.BudgetsKey, tree => NodeBudgetsPlan.Annotate(tree, budgets, time.GetUtcNow()), ct);

    public Task ReportedGpus(string node, GpuInventory gpus, CancellationToken ct) =>
        WriteIfFits(node, GpuInventory.ReportKey, tree => NodeGpusPlan.Annotate(tree, gpus, GpuTaint), ct);

    private void LogLabels(string node, JsonObject labels)
    {
        foreach (var (key, value) in labels.Where(label => ReportScope.AllowsLabel(label.Key)))
        {
            if (ReportScope.LabelFaults(key, value).FirstOrDefault() is { } fault)
            {
                log.LabelRefused(node, ReportScope.Cut(key), fault);
            }
        }
    }

    /// <summary>
    /// The grace period may be over: if the node is still not there, its status becomes Unknown. Returns after which
    /// time to ask again, because timers fire early and losses follow each other; null when there is nothing to wait
    /// for.
    /// </summary>
    public async Task<TimeSpan?> Expired(string node, CancellationToken ct)
    {
        TimeSpan? rest = null;
        var contact = Set(node, known =>
        {
            rest = known.Since is { } since ? grace - time.GetElapsedTime(since) : null;
            return known with { Asked = rest > TimeSpan.Zero };
        }).Contact;
        if (rest is null || rest > TimeSpan.Zero)
        {
            return rest;
        }

        var outcome = await Write(node, tree => NodeStatusPlan.Unknown(tree, contact, time.GetUtcNow()), ct);
        if (outcome is UpdateOutcome.Updated)
        {
            log.NodeUnknown(node, grace.TotalSeconds);
        }

        if (outcome is UpdateOutcome.Missing)
        {
            pods.Forget(node);
            return null;
        }

        // After the node: whoever counts pods must know already that these are out of reach and not unwell.
        await pods.Lost(node, contact, ct);
        return null;
    }

    /// <summary>Renews the node's lease, which lives in memory only.</summary>
    public async Task Heard(string node, DateTimeOffset at, CancellationToken ct)
    {
        const string ns = "kube-node-lease";
        var outcome = await objects.Update(Resources.Leases, ns, node, lease =>
        {
            var spec = lease["spec"] as JsonObject ?? [];
            spec["renewTime"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
            lease["spec"] = spec;
            return lease;
        }, ct);
        if (outcome is UpdateOutcome.Missing && objects.Get(Resources.Nodes, null, node) is { } owner)
        {
            await objects.Create(Resources.Leases, NewLease(owner, at), ct);
        }
    }

    private static Lease NewLease(Node node, DateTimeOffset at) => new()
    {
        Metadata = new ObjectMeta
        {
            Namespace = "kube-node-lease",
            Name = node.Metadata.Name,
            OwnerReferences =
            [
                new OwnerReference
                {
                    ApiVersion = "v1", Kind = "Node", Name = node.Metadata.Name ?? "", Uid = node.Metadata.Uid ?? "",
                },
            ],
        },
        Spec = new LeaseSpec
        {
            HolderIdentity = node.Metadata.Name, LeaseDurationSeconds = LeaseSeconds, RenewTime = at,
        },
    };

    private Task<bool> Merge(string node, JsonObject report, CancellationToken ct) => WriteIfFits(
        node, ReportReader.NodeKey, tree => NodeStatusPlan.Connected(tree, report, time.GetUtcNow()), ct);

    /// <summary>False, and the Node stays as it is, when it would be too large.</summary>
    private async Task<bool> WriteIfFits(
        string node, string key, Func<JsonObject, JsonObject> change, CancellationToken ct)
    {
        var fits = true;
        await Write(
            node,
            tree =>
            {
                var changed = change(tree);
                fits = ReportScope.Fits(changed);
                return fits ? changed : null;
            },
            ct);
        if (!fits)
        {
            log.ReportRefused(node, key, "the Node would be too large");
        }

        return fits;
    }

    private Task<UpdateOutcome> Write(string node, Func<JsonObject, JsonObject?> change, CancellationToken ct) =>
        objects.Update(Resources.Nodes, null, node, change, ct);

    private Seen Set(string node, Func<Seen, Seen> change)
    {
        lock (_gate)
        {
            return _nodes[node] = change(_nodes.GetValueOrDefault(node) ?? New(asked: false));
        }
    }

    /// <summary>Of a node of which this server has heard nothing yet.</summary>
    private Seen New(bool asked) =>
        new(null, time.GetTimestamp(), asked, new LastContact(time.GetUtcNow(), IsExact: false));
}
