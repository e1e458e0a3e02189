using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Versions;

/// <summary>Events as core/v1 and as events.k8s.io/v1 has them: the same facts under other names.</summary>
internal static class EventVersions
{
    private static readonly string[] s_core =
    [
        "involvedObject", "message", "reportingComponent", "source", "firstTimestamp", "lastTimestamp", "count",
    ];

    private static readonly string[] s_newer =
    [
        "regarding", "note", "reportingController", "deprecatedSource", "deprecatedFirstTimestamp",
        "deprecatedLastTimestamp", "deprecatedCount",
    ];

    public static JsonObject ToCore(JsonObject newer) => Renamed(newer, "v1", s_newer, s_core);

    public static JsonObject FromCore(JsonObject core) => Renamed(core, "events.k8s.io/v1", s_core, s_newer);

    /// <summary>The name that a field of events.k8s.io/v1 has where events are kept.</summary>
    public static string CoreName(string path)
    {
        for (var at = 0; at < s_newer.Length; at++)
        {
            var newer = s_newer[at];
            if (path == newer || path.StartsWith(newer + ".", StringComparison.Ordinal))
            {
                return s_core[at] + path[newer.Length..];
            }
        }

        return path;
    }

    private static JsonObject Renamed(JsonObject from, string version, string[] names, string[] others)
    {
        var to = new JsonObject();
        foreach (var (name, value) in from)
        {
            var at = Array.IndexOf(names, name);
            to[at < 0 ? name : others[at]] = value?.DeepClone();
        }

        to["apiVersion"] = version;
        return to;
    }
}
