using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Nodes;

/// <summary>
/// Keeps the taints of nodes in step with their conditions, and tells of nodes that become ready or are not any more.
/// </summary>
internal sealed class NodesController(
    Objects objects, EventRecorder events, TimeProvider time, ILogger<NodesController> log) : IController
{
    public string Name => "nodes";

    public IReadOnlyList<WatchSource> Sources { get; } = [WatchSource.Own(Resources.Nodes.Prefix())];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (objects.Get(Resources.Nodes, null, key) is not { } node)
        {
            return null;
        }

        var taints = NodesPlan.Taints(node, time.GetUtcNow());
        if (taints.SequenceEqual(node.Spec?.Taints ?? []))
        {
            return null;
        }

        log.TaintsChanged(key, string.Join(", ", taints.Select(taint => $"{taint.Key}:{taint.Effect}")));
        var revision = node.Metadata.ResourceVersion;
        var outcome = await objects.Update(Resources.Nodes, null, key, tree =>
            tree["metadata"]?["resourceVersion"]?.ToString() == revision ? WithTaints(tree, taints) : null, ct);
        if (outcome is UpdateOutcome.Updated && NodesPlan.News(node, taints) is { } reason)
        {
            // Kubernetes' node controller tells of the loss, the kubelet of the return.
            var (component, host) = reason == "NodeReady" ? ("kubelet", key) : ("node-controller", null);
            await events.Record(
                new EventNote(
                    EventNote.Of(Resources.Nodes, node.Metadata), EventNote.Normal, reason,
                    $"Node {key} status is now: {reason}"),
                component, host, times: 1, ct);
        }

        // A node that changed in between comes again by its own event.
        return null;
    }

    private static JsonObject WithTaints(JsonObject tree, IReadOnlyList<Taint> taints)
    {
        var spec = tree["spec"] as JsonObject ?? [];
        spec.Remove("taints");
        if (taints.Count > 0)
        {
            spec["taints"] = new JsonArray(
                [.. taints.Select(taint => JsonSerializer.SerializeToNode(taint, WorkloadJson.Default.Taint))]);
        }

        tree["spec"] = spec;
        return tree;
    }
}
