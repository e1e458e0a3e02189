using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Fleet;

/// <summary>
/// A node's GPUs as an annotation of its Node: who places pods reads it there;
/// <c>kubectl describe node</c> prints 140 characters of it. Pure.
/// </summary>
internal static class NodeGpusPlan
{
    /// <summary>
    /// The node with the GPUs that it says it has. They are the server's words: readings are left out.
    /// </summary>
    public static JsonObject Annotate(JsonObject node, GpuInventory gpus)
    {
        var metadata = node["metadata"]!.AsObject();
        if (gpus.Devices.Count == 0)
        {
            (metadata["annotations"] as JsonObject)?.Remove(GpuInventory.Annotation);
            return node;
        }

        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        annotations[GpuInventory.Annotation] = Encoding.UTF8.GetString(GpuJson.Bytes(gpus));
        return node;
    }
}
