using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>A claim's line in <c>kubectl get persistentvolumeclaims</c>.</summary>
internal static class ClaimRow
{
    private const string Unset = "<unset>";

    /// <summary>The older way to name the class; it still wins.</summary>
    private const string ClassNote = "volume.beta.kubernetes.io/storage-class";

    private static readonly string[] s_modes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
    private static readonly string[] s_words = ["RWO", "ROX", "RWX", "RWOP"];

    public static IReadOnlyList<JsonNode?> Cells(JsonObject claim, DateTimeOffset now)
    {
        var (metadata, spec, status) = (claim.Object("metadata"), claim.Object("spec"), claim.Object("status"));
        var bound = spec.Text("volumeName").Length > 0;
        return
        [
            metadata.Text("name"),
            metadata.Text("deletionTimestamp").Length > 0 ? "Terminating" : status.Text("phase"),
            spec.Text("volumeName"),
            bound ? status.Object("capacity")?["storage"]?.ToString() ?? "" : "",
            bound ? Modes(status) : "",
            ClassOf(claim),
            Or(spec.Text("volumeAttributesClassName"), Unset),
            RowAge.Age(claim, now),
            Or(spec.Text("volumeMode"), Unset),
        ];
    }

    /// <summary>The class of a claim or a volume.</summary>
    public static string ClassOf(JsonObject obj) => Or(
        obj.Object("metadata").Object("annotations").Text(ClassNote), obj.Object("spec").Text("storageClassName"));

    /// <summary>Short words in an order of their own, each once.</summary>
    public static string Modes(JsonObject? part)
    {
        var modes = part.Items("accessModes").Select(JsonTree.AsText).ToHashSet();
        return string.Join(',', s_words.Where((_, at) => modes.Contains(s_modes[at])));
    }

    private static string Or(string text, string absent) => text.Length > 0 ? text : absent;
}
