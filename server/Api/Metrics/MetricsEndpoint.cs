using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Metrics;

/// <summary>
/// metrics.k8s.io: what nodes and pods use now. Nothing of it is stored. A node that does not answer is left out with
/// its pods, as metrics-server leaves out what it has not measured.
/// </summary>
internal sealed class MetricsEndpoint(VerbParts parts, NodeUsages usages)
{
    public async Task Run(string verb, ApiRequest request)
    {
        var answer = ObjectAnswer.For(request, parts.Time);
        var selector = ObjectSelector.Of(request);
        var items = request.Schema.Kind == "NodeMetrics"
            ? await Nodes(selector, request.Ct)
            : await Pods(request.Path.Namespace, selector, request.Ct);
        if (verb == "get")
        {
            await answer.Write(request, 200, items.FirstOrDefault() ?? throw request.NotFound());
            return;
        }

        await ResponseBody.Write(request.Response, 200, answer.List(items));
    }

    private async Task<List<JsonObject>> Nodes(ObjectSelector selector, CancellationToken ct)
    {
        var nodes = parts.Store.Current.Range(Resources.Nodes.Prefix()).Where(selector.Matches)
            .Select(ObjectBytes.Read).ToList();
        var used = await usages.Of([.. nodes.Select(NameOf)], ct);
        var items = new List<JsonObject>();
        foreach (var node in nodes)
        {
            if (used.GetValueOrDefault(NameOf(node)) is { } usage)
            {
                var item = Start("NodeMetrics", node, usage, usage.WindowMilliseconds);
                item["usage"] = Usage(usage.Total);
                items.Add(item);
            }
        }

        return items;
    }

    private async Task<List<JsonObject>> Pods(string ns, ObjectSelector selector, CancellationToken ct)
    {
        var pods = parts.Store.Current.Range(Resources.Pods.Prefix(ns.Length > 0 ? ns : null))
            .Where(selector.Matches).Select(ObjectBytes.Read)
            .Where(pod => pod.Object("status").Text("phase") == "Running").ToList();
        var used = await usages.Of([.. pods.Select(NodeOf).Where(node => node.Length > 0)], ct);
        var byUid = new Dictionary<string, (NodeUsage Node, PodUsage Pod)>();
        foreach (var node in used.Values)
        {
            foreach (var pod in node.Pods ?? [])
            {
                byUid[pod.Uid] = (node, pod);
            }
        }

        var items = new List<JsonObject>();
        foreach (var pod in pods)
        {
            if (byUid.TryGetValue(pod.Object("metadata").Text("uid"), out var usage)
                && usage.Pod.Containers is { Count: > 0 } containers)
            {
                var item = Start("PodMetrics", pod, usage.Node, usage.Pod.WindowMilliseconds);
                item["containers"] = new JsonArray([.. containers.Select(container => (JsonNode)new JsonObject
                {
                    ["name"] = container.Key, ["usage"] = Usage(container.Value),
                })]);
                items.Add(item);
            }
        }

        return items;
    }

    private JsonObject Start(string kind, JsonObject of, NodeUsage usage, long windowMilliseconds)
    {
        var now = parts.Time.GetUtcNow();
        var metadata = new JsonObject { ["name"] = NameOf(of), ["creationTimestamp"] = Time(now) };
        foreach (var name in (string[])["namespace", "labels"])
        {
            if (of.Object("metadata")?[name] is { } value)
            {
                metadata[name] = value.DeepClone();
            }
        }

        return new JsonObject
        {
            ["kind"] = kind,
            ["apiVersion"] = "metrics.k8s.io/v1beta1",
            ["metadata"] = metadata,
            ["timestamp"] = Time(usage.Timestamp ?? now.AddMilliseconds(-usage.AgeMilliseconds)),
            ["window"] = string.Create(CultureInfo.InvariantCulture, $"{windowMilliseconds / 1000m:0.###}s"),
        };
    }

    private static JsonObject Usage(ResourceUsage usage) => new()
    {
        ["cpu"] = Quantity.FromNano(usage.CpuNanocores).ToString(),
        ["memory"] = Quantity.FromBytes(usage.MemoryBytes).ToString(),
    };

    private static string NameOf(JsonObject obj) => obj.Object("metadata").Text("name");

    private static string NodeOf(JsonObject pod) => pod.Object("spec").Text("nodeName");

    private static string Time(DateTimeOffset time) =>
        TimeJson.Text(time);
}
