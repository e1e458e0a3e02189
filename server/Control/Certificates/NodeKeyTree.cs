using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;

namespace Edge.Server.Control.Certificates;

/// <summary>What a Node says of its key, written into the object's tree. Pure.</summary>
internal static class NodeKeyTree
{
    /// <summary>
    /// The node has this key from now on: what asked for another, and what allowed another once, has done its work.
    /// The key that it has already changes nothing.
    /// </summary>
    public static JsonObject WithKey(JsonObject node, string keyHash, DateTimeOffset now)
    {
        var annotations = Annotations(node);
        if ((string?)annotations[CertificatesPlan.KeyAnnotation] == keyHash)
        {
            return node;
        }

        annotations[CertificatesPlan.KeyAnnotation] = keyHash;
        annotations[KeyRotationPlan.SinceAnnotation] = TimeJson.Text(now);
        annotations.Remove(KeyRotationPlan.RenewAnnotation);
        return node;
    }

    /// <summary>Another device has enrolled under the name; where that was allowed once, it is not any more.</summary>
    public static void Used(JsonObject node)
    {
        var annotations = Annotations(node);
        if ((string?)annotations[Reenrolment.Annotation] == Reenrolment.Once)
        {
            annotations.Remove(Reenrolment.Annotation);
        }
    }

    public static JsonObject Annotated(JsonObject tree, string name, string value)
    {
        Annotations(tree)[name] = value;
        return tree;
    }

    private static JsonObject Annotations(JsonObject tree)
    {
        var metadata = tree["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        return annotations;
    }
}
