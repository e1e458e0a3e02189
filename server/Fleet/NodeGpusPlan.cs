using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;

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
        var metadata = node.Ensure("metadata");
        if (gpus.Devices.Count == 0)
        {
            metadata.Object("annotations")?.Remove(GpuInventory.Annotation);
        }
        else
        {
            metadata.Ensure("annotations")[GpuInventory.Annotation] = Encoding.UTF8.GetString(GpuJson.Bytes(gpus));
        }

        return node;
    }
}
