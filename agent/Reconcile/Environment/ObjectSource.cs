using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Environment;

/// <summary>The objects a pod refers to, read from one snapshot of the desired entries.</summary>
internal sealed class ObjectSource(IReadOnlyDictionary<string, byte[]> desired)
{
    public ConfigMap? ConfigMap(string ns, string name) =>
        desired.TryGetValue($"configmaps/{ns}/{name}", out var bytes)
            ? JsonSerializer.Deserialize(bytes, ModelJson.Default.ConfigMap)
            : null;

    public Secret? Secret(string ns, string name) =>
        desired.TryGetValue($"secrets/{ns}/{name}", out var bytes)
            ? JsonSerializer.Deserialize(bytes, ModelJson.Default.Secret)
            : null;

    public NodeSettings Node() => desired.TryGetValue("node", out var bytes)
        ? JsonSerializer.Deserialize(bytes, ModelJson.Default.NodeSettings) ?? new NodeSettings()
        : new NodeSettings();
}

/// <summary>What pods may learn of the node they run on.</summary>
internal sealed record NodeFacts(string Name, string HostIp, long CpuMillis, long MemoryBytes, long StorageBytes)
{
    /// <summary>Where pods get their addresses from until a server gives the node its own network.</summary>
    public string? PodCidr { get; init; }
}
