using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>The lines of volumes and of the kinds of storage.k8s.io in <c>kubectl get</c>.</summary>
internal static class StorageRow
{
    private const string Unset = "<unset>";

    private static readonly string[] s_defaults =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

    public static IReadOnlyList<JsonNode?> Volume(JsonObject volume, DateTimeOffset now)
    {
        var (metadata, spec, status) = (volume.Object("metadata"), volume.Object("spec"), volume.Object("status"));
        var claim = spec.Object("claimRef");
        return
        [
            metadata.Text("name"),
            spec.Object("capacity")?["storage"]?.ToString() ?? "0",
            ClaimRow.Modes(spec),
            spec.Text("persistentVolumeReclaimPolicy"),
            metadata.Text("deletionTimestamp").Length > 0 ? "Terminating" : status.Text("phase"),
            claim is null ? "" : $"{claim.Text("namespace")}/{claim.Text("name")}",
            ClaimRow.ClassOf(volume),
            Or(spec.Text("volumeAttributesClassName"), Unset),
            status.Text("reason"),
            RowAge.Age(volume, now),
            Or(spec.Text("volumeMode"), Unset),
        ];
    }

    public static IReadOnlyList<JsonNode?> StorageClass(JsonObject kind, DateTimeOffset now)
    {
        var metadata = kind.Object("metadata");
        var isDefault = s_defaults.Any(note => metadata.Object("annotations").Text(note) == "true");
        return
        [
            metadata.Text("name") + (isDefault ? " (default)" : ""),
            kind.Text("provisioner"),
            Or(kind.Text("reclaimPolicy"), "Delete"),
            Or(kind.Text("volumeBindingMode"), "Immediate"),
            kind.Flag("allowVolumeExpansion"),
            RowAge.Age(kind, now),
        ];
    }

    public static IReadOnlyList<JsonNode?> Driver(JsonObject driver, DateTimeOffset now)
    {
        var spec = driver.Object("spec");
        var modes = spec.Items("volumeLifecycleModes").Select(JsonTree.AsText).ToList();
        return
        [
            driver.Object("metadata").Text("name"),
            spec?["attachRequired"] is null || spec.Flag("attachRequired"),
            spec.Flag("podInfoOnMount"),
            spec.Flag("storageCapacity"),
            spec?["tokenRequests"] is null
                ? Unset
                : string.Join(',', spec.Objects("tokenRequests").Select(token => token.Text("audience"))),
            spec.Flag("requiresRepublish"),
            modes.Count == 0 ? "<none>" : string.Join(',', modes),
            RowAge.Age(driver, now),
        ];
    }

    public static IReadOnlyList<JsonNode?> Node(JsonObject node, DateTimeOffset now) =>
    [
        node.Object("metadata").Text("name"),
        node.Object("spec").Items("drivers").Count,
        RowAge.Age(node, now),
    ];

    public static IReadOnlyList<JsonNode?> Attachment(JsonObject attachment, DateTimeOffset now)
    {
        var spec = attachment.Object("spec");
        return
        [
            attachment.Object("metadata").Text("name"),
            spec.Text("attacher"),
            spec.Object("source").Text("persistentVolumeName"),
            spec.Text("nodeName"),
            attachment.Object("status").Flag("attached"),
            RowAge.Age(attachment, now),
        ];
    }

    public static IReadOnlyList<JsonNode?> Capacity(JsonObject capacity) =>
    [
        capacity.Object("metadata").Text("name"),
        capacity.Text("storageClassName"),
        capacity["capacity"]?.ToString() ?? "",
    ];

    private static string Or(string text, string absent) => text.Length > 0 ? text : absent;
}
