using System.Globalization;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Store;

namespace Edge.Server.Api.Metrics;

/// <summary>
/// <c>/api/v1/nodes/NAME/proxy/metrics</c>, where a kubelet shows what it counts: what the node has spent on its link
/// and disk, in Prometheus' text format. The node is asked while somebody asks here and never else; it has no other
/// page.
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

        if (store.Get(request.Key) is null)
        {
            throw request.NotFound();
        }

        var usage = (await usages.Of([node], request.Ct)).GetValueOrDefault(node)
            ?? throw Errors.Unreachable($"node {node} does not answer");
        request.Response.ContentType = ContentType;
        await request.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(Text(usage)), request.Ct);
    }

    private static string Text(NodeUsage usage)
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

        return text.ToString();
    }
}
