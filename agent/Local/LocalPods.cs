using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Ledger;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// Turns manifests into entries like those of desired. A pod of this node's own is bound to it and tolerates
/// everything, as the kubelet has it of static pods: no server evicts it, and it needs no lease.
/// </summary>
internal static class LocalPods
{
    /// <summary>Where a pod comes from; the kubelet's annotation, whose words are <c>api</c> and <c>file</c>.</summary>
    public const string SourceAnnotation = "kubernetes.io/config.source";

    /// <summary>As the kubelet's own: what the uid was made from.</summary>
    private const string HashAnnotation = "kubernetes.io/config.hash";

    public const string LocalSource = "local";

    public const string FileSource = "file";

    /// <summary>A pod that a person applied.</summary>
    /// <param name="manifest">Of a Pod.</param>
    /// <param name="uid">A new one, or that of the pod it changes.</param>
    /// <param name="node">This node's name.</param>
    /// <param name="created">When the pod was applied first.</param>
    public static KeyValuePair<string, byte[]> Applied(
        Manifest manifest, string uid, string node, DateTimeOffset created)
    {
        var tree = Bound(manifest, uid, node, LocalSource);
        tree["metadata"]!["creationTimestamp"] = TimeJson.Text(created);
        return new(WantedPlan.PodPrefix + uid, Bytes(tree));
    }

    /// <summary>
    /// A pod of the manifest directory. As with the kubelet its name ends in the node's, and its uid follows from what
    /// it is and where it stands: a changed file is another pod.
    /// </summary>
    public static KeyValuePair<string, byte[]> OfFile(Manifest manifest, string path, string node)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(manifest.Pod!, ModelJson.Default.Pod);
        byte[] source = [.. content, .. Encoding.UTF8.GetBytes($"host:{node}file:{path}")];
        var uid = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(source).AsSpan(0, 16));
        var tree = Bound(manifest, uid, node, FileSource);
        var metadata = tree["metadata"]!;
        metadata["name"] = $"{manifest.Name}-{node}";
        metadata["annotations"]![HashAnnotation] = uid;
        return new(WantedPlan.PodPrefix + uid, Bytes(tree));
    }

    public static byte[] Bytes(JsonNode tree) => Encoding.UTF8.GetBytes(tree.ToJsonString());

    private static JsonObject Bound(Manifest manifest, string uid, string node, string source)
    {
        var tree = manifest.Tree.DeepClone().AsObject();
        var (metadata, spec) = (tree["metadata"]!.AsObject(), tree["spec"]!.AsObject());
        metadata["uid"] = uid;
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        annotations[SourceAnnotation] = source;
        spec["nodeName"] = node;
        spec["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists", ["effect"] = "NoExecute" });
        return tree;
    }
}
