using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>A claim's line in <c>kubectl get persistentvolumeclaims</c>.</summary>
internal static class ClaimRow
{
    private const string Unset = "<unset>";

    /// <summary>The older way to name the class; it still wins.</summary>
    private const string ClassNote = "volume.beta.kubernetes.io/storage-class";

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
            Or(metadata.Object("annotations").Text(ClassNote), spec.Text("storageClassName")),
            Or(spec.Text("volumeAttributesClassName"), Unset),
            HumanDuration.Age(claim, now),
            Or(spec.Text("volumeMode"), Unset),
        ];
    }

    private static string Modes(JsonObject? status) =>
        string.Join(',', status.Items("accessModes").Select(JsonTree.AsText).Distinct().Select(mode => mode switch
        {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            _ => mode,
        }));

    private static string Or(string text, string absent) => text.Length > 0 ? text : absent;
}
