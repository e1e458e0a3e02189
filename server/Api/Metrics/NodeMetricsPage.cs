using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Metrics;

/// <summary>
/// <c>/api/v1/nodes/NAME/proxy/metrics</c>, where a kubelet shows what it counts: what the node has spent on its link
/// and disk, and what its GPUs say, in Prometheus' text format. The node is asked while somebody asks here and never
/// else; it has no other page.
/// </summary>
internal sealed class NodeMetricsPage(ObjectStore store, NodeUsages usages)
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <exception cref="StatusException">There is no such node, no such page, or no answer.</exception>
    public async Task Run(ApiRequest request)
    {
        var node = request.Path.Name;
        if (!request.Path.Path.EndsWith($"/{node}/proxy/metrics", StringComparison.Ordinal))
        {
            throw Errors.NoSuchPath();
        }

        var stored = store.Get(request.Key) ?? throw request.NotFound();

        var usage = (await usages.Of([node], request.Ct)).GetValueOrDefault(node)
            ?? throw Errors.Unreachable($"node {node} does not answer");
        var text = Text(usage);
        if (Says(stored, GpuInventory.Annotation) && await usages.Gpus(node, request.Ct) is { } gpus)
        {
            GpuMetrics.Write(text, node, gpus, Holders(node));
        }

        request.Response.ContentType = ContentType;
        await request.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), request.Ct);
    }

    private static StringBuilder Text(NodeUsage usage)
    {
        var text = new StringBuilder();
        text.Append("# HELP edge_node_counted_seconds For how long the bytes were counted.\n")
            .Append("# TYPE edge_node_counted_seconds counter\n")
            .Append(CultureInfo.InvariantCulture, $"edge_node_counted_seconds {usage.Budgets?.Seconds ?? 0}\n")
            .Append("# HELP edge_node_bytes_total Bytes over the link, from registries and to the disk, by feature.\n")
            .Append("# TYPE edge_node_bytes_total counter\n");
        foreach (var item in usage.Budgets?.Items ?? [])
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"edge_node_bytes_total{{way=\"{item.Way}\",feature=\"{item.Feature}\"}} {item.Bytes}\n");
        }

        return text;
    }

    /// <summary>
    /// By GPU of the node, the container that alone has it. What several share is nobody's figure, and a part's is not
    /// the GPU's.
    /// </summary>
    private Dictionary<string, GpuHolder> Holders(string node)
    {
        var holders = new Dictionary<string, GpuHolder?>();
        foreach (var stored in store.Current.Range(Resources.Pods.Prefix()))
        {
            if (!Says(stored, PodDevices.Annotation) || !Says(stored, node))
            {
                continue;
            }

            var pod = ObjectBytes.Read(stored);
            var (metadata, status) = (pod.Object("metadata"), pod.Object("status"));
            if (pod.Object("spec").Text("nodeName") != node || status.Text("phase") is "Succeeded" or "Failed"
                || DevicesOf(metadata) is not { } devices)
            {
                continue;
            }

            foreach (var (container, resources) in devices.Containers)
            {
                var holder = new GpuHolder(metadata.Text("namespace"), metadata.Text("name"), container);
                foreach (var ids in resources.Values)
                {
                    foreach (var id in ids)
                    {
                        // An init container leaves it to one that comes after.
                        var isTaken = holders.TryGetValue(id, out var other)
                            && (other?.Namespace, other?.Pod) != (holder.Namespace, holder.Pod);
                        holders[id] = isTaken ? null : holder;
                    }
                }
            }
        }

        var alone = new Dictionary<string, GpuHolder>();
        foreach (var (id, holder) in holders)
        {
            if (holder is not null)
            {
                alone[id] = holder;
            }
        }

        return alone;
    }

    private static PodDevices? DevicesOf(JsonObject? metadata)
    {
        try
        {
            return PodDevices.Read(metadata.Object("annotations").Text(PodDevices.Annotation));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Most objects say nothing of GPUs, and need not be read to know that.</summary>
    private static bool Says(StoredObject stored, string word) =>
        stored.Value.Span.IndexOf(Encoding.UTF8.GetBytes(word)) >= 0;
}
