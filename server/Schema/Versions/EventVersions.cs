using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Versions;

/// <summary>Events as core/v1 and as events.k8s.io/v1 has them: the same facts under other names.</summary>
internal static class EventVersions
{
    private static readonly (string Core, string Newer)[] s_names =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
    ];

    public static JsonObject ToCore(JsonObject newer) =>
        Renamed(newer, "v1", s_names.ToDictionary(pair => pair.Newer, pair => pair.Core));

    public static JsonObject FromCore(JsonObject core) =>
        Renamed(core, "events.k8s.io/v1", s_names.ToDictionary(pair => pair.Core, pair => pair.Newer));

    /// <summary>The name that a field of events.k8s.io/v1 has where events are kept.</summary>
    public static string CoreName(string path)
    {
        foreach (var (core, newer) in s_names)
        {
            if (path == newer || path.StartsWith(newer + ".", StringComparison.Ordinal))
            {
                return core + path[newer.Length..];
            }
        }

        return path;
    }

    private static JsonObject Renamed(JsonObject from, string version, Dictionary<string, string> names)
    {
        var to = new JsonObject();
        foreach (var (name, value) in from)
        {
            to[names.GetValueOrDefault(name, name)] = value?.DeepClone();
        }

        to["apiVersion"] = version;
        return to;
    }
}
