using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Access;

/// <summary>What a Node says of its key, in annotations that no device can write. Pure.</summary>
internal static class NodeKey
{
    /// <summary>SHA-256 of its public key (SubjectPublicKeyInfo), in lower-case hexadecimal.</summary>
    public const string Annotation = "edge/public-key-sha256";

    /// <summary>Since when it has that key.</summary>
    public const string SinceAnnotation = "edge/public-key-since";

    /// <summary>
    /// It is to change its key as soon as it can. A person may write it; it goes with the new certificate.
    /// </summary>
    public const string RenewAnnotation = "edge/renew-key";

    /// <summary>Null where none is recorded.</summary>
    public static string? Of(Node? node) => node?.Metadata.Annotations?.GetValueOrDefault(Annotation);

    /// <inheritdoc cref="Of(Node?)"/>
    public static string? Of(JsonObject node) => Text(node["metadata"]?["annotations"]?[Annotation]);

    /// <summary>
    /// The node has this key from now on: what asked for another, and what allowed another once, has done its work.
    /// The key that it has already changes nothing.
    /// </summary>
    public static JsonObject WithKey(JsonObject node, string keyHash, DateTimeOffset now)
    {
        var annotations = Annotations(node);
        if (Text(annotations[Annotation]) == keyHash)
        {
            return node;
        }

        annotations[Annotation] = keyHash;
        annotations[SinceAnnotation] = TimeJson.Text(now);
        annotations.Remove(RenewAnnotation);
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

    /// <summary>A person may have written anything there.</summary>
    private static string? Text(JsonNode? value) =>
        value is JsonValue text && text.TryGetValue(out string? written) ? written : null;

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
