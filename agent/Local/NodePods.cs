using System.Collections.Immutable;
using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

internal enum PodSource
{
    Server,
    Static,
    Local,
}

/// <summary>One pod of the node, wherever it comes from.</summary>
internal sealed record NodePod(string Uid, PodSource Source, byte[] Bytes, Pod Pod)
{
    public string Name => $"{Pod.Metadata.Namespace ?? "default"}/{Pod.Metadata.Name}";

    public string Key => WantedPlan.PodPrefix + Uid;
}

/// <summary>All pods of the three sources in the order in which they win, those that give way too. Pure.</summary>
internal static class NodePods
{
    public static IEnumerable<NodePod> All(
        ImmutableDictionary<string, byte[]> desired,
        ImmutableDictionary<string, byte[]> statics,
        ImmutableDictionary<string, byte[]> local) =>
        Of(desired, PodSource.Server).Concat(Of(statics, PodSource.Static)).Concat(Of(local, PodSource.Local));

    public static IEnumerable<NodePod> Of(ImmutableDictionary<string, byte[]> entries, PodSource source)
    {
        foreach (var (key, bytes) in entries)
        {
            if (key.StartsWith(WantedPlan.PodPrefix, StringComparison.Ordinal) && Read(bytes) is { } pod)
            {
                yield return new NodePod(key[WantedPlan.PodPrefix.Length..], source, bytes, pod);
            }
        }
    }

    /// <summary>Null for an entry that cannot be read; it is left alone, and the log says so.</summary>
    private static Pod? Read(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, ModelJson.Default.Pod);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
