using System.Text;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Environment;

/// <summary>Reads what the downward API offers of a pod, by the field paths Kubernetes documents.</summary>
internal static class FieldPaths
{
    /// <summary>The field as text; an unknown path is a missing reference that names it.</summary>
    public static string Field(Pod pod, NodeFacts node, string? podIp, string path) => path switch
    {
        "metadata.name" => pod.Metadata.Name ?? "",
        "metadata.namespace" => pod.Metadata.Namespace ?? "",
        "metadata.uid" => pod.Metadata.Uid ?? "",
        "metadata.labels" => Lines(pod.Metadata.Labels),
        "metadata.annotations" => Lines(pod.Metadata.Annotations),
        "spec.nodeName" => pod.Spec.NodeName ?? node.Name,
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "default",
        "status.hostIP" or "status.hostIPs" => node.HostIp,
        "status.podIP" or "status.podIPs" => podIp ?? node.HostIp,
        _ when Subscript(path, "metadata.labels") is { } key => pod.Metadata.Labels?.GetValueOrDefault(key) ?? "",
        _ when Subscript(path, "metadata.annotations") is { } key =>
            pod.Metadata.Annotations?.GetValueOrDefault(key) ?? "",
        _ => throw new MissingReferenceException($"unsupported fieldPath: {path}"),
    };

    /// <summary>
    /// A limit or request, in units of the divisor and rounded up; a limit that is not set is the node's.
    /// </summary>
    public static string Resource(Pod pod, Container self, NodeFacts node, ResourceFieldSelector selector)
    {
        var container = selector.ContainerName is { Length: > 0 } name
            ? PodShape.Find(pod, name) ?? throw new MissingReferenceException($"container {name} not found")
            : self;
        var parts = selector.Resource.Split('.', 2);
        if (parts.Length != 2 || parts[0] is not ("limits" or "requests"))
        {
            throw new MissingReferenceException($"unsupported container resource : {selector.Resource}");
        }

        var limits = container.Resources?.Limits;
        var amounts = parts[0] == "limits" ? limits : container.Resources?.Requests;
        var amount = amounts is not null && amounts.TryGetValue(parts[1], out var given)
            ? given.Value
            : parts[0] == "limits" ? Allocatable(node, parts[1]) : 0;
        var divisor = selector.Divisor is { } by && by.Value > 0 ? by.Value : 1;
        return Math.Ceiling(amount / divisor).ToString("0");
    }

    private static decimal Allocatable(NodeFacts node, string resource) => resource switch
    {
        "cpu" => node.CpuMillis / 1000m,
        "memory" => node.MemoryBytes,
        "ephemeral-storage" => node.StorageBytes,
        _ => 0,
    };

    private static string? Subscript(string path, string map) =>
        path.StartsWith(map + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(map.Length + 2)..^2]
            : null;

    private static string Lines(IReadOnlyDictionary<string, string>? map)
    {
        var text = new StringBuilder();
        foreach (var key in (map?.Keys ?? []).Order(StringComparer.Ordinal))
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(key).Append("=\"")
                .Append(map![key].Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("\"", "\\\"", StringComparison.Ordinal)
                    .Replace("\n", "\\n", StringComparison.Ordinal)).Append('"');
        }

        return text.ToString();
    }
}
