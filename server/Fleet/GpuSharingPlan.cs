using Edge.Proto.Model;

namespace Edge.Server.Fleet;

/// <summary>Where a node's sharing document stands, for people; its text, or why there is none.</summary>
internal sealed record GpuSharingChoice(string From, string? Text, string? Fault = null);

/// <summary>
/// Which of the ConfigMaps with configuration documents of NVIDIA's device plugin a node gets, as the plugin's own
/// config-manager chooses: the key that the node's label names, else <c>default</c>, else the only one. <c>any</c>
/// stands beside <c>default</c>, since the GPU operator's manual names it so. Pure.
/// </summary>
internal static class GpuSharingPlan
{
    public const string Label = "nvidia.com/device-plugin.config";

    private static readonly string[] s_defaults = ["default", "any"];

    /// <summary>A text that is such a document, also a faulty one: others lie in the same namespaces.</summary>
    public static bool IsDocument(string text)
    {
        var (isVersioned, isOurs) = (false, false);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("sharing:") || line.Contains("\"sharing\"", StringComparison.Ordinal))
            {
                return true;
            }

            isVersioned |= line.StartsWith("version:");
            isOurs |= line.StartsWith("flags:") || line.StartsWith("resources:");
        }

        return isVersioned && isOurs;
    }

    /// <param name="maps">In the order in which their keys count.</param>
    /// <param name="node">Whose document.</param>
    /// <returns>Null for a node without GPUs, and where nobody shares any.</returns>
    public static GpuSharingChoice? Choose(IReadOnlyList<ConfigMap> maps, Node node)
    {
        if (node.Metadata.Annotations?.ContainsKey(GpuInventory.Annotation) != true)
        {
            return null;
        }

        if (node.Metadata.Labels?.GetValueOrDefault(Label) is { Length: > 0 } named)
        {
            return Find(maps, named)
                ?? new GpuSharingChoice($"label {Label}={named}", null, "no ConfigMap has that key");
        }

        foreach (var name in s_defaults)
        {
            if (Find(maps, name) is { } usual)
            {
                return usual;
            }
        }

        return maps is [{ Data: { Count: 1 } only }] ? Find(maps, only.Keys.First()) : null;
    }

    private static GpuSharingChoice? Find(IReadOnlyList<ConfigMap> maps, string key)
    {
        foreach (var map in maps)
        {
            if (map.Data?.GetValueOrDefault(key) is { } text)
            {
                var from = $"ConfigMap {map.Metadata.Namespace}/{map.Metadata.Name}, key {key}";
                return text.Length <= NodeSettings.GpuSharingMax
                    ? new GpuSharingChoice(from, text)
                    : new GpuSharingChoice(from, null, $"it is longer than {NodeSettings.GpuSharingMax} characters");
            }
        }

        return null;
    }
}
