using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;
using Edge.Server.Schema.Patches;

namespace Edge.Server.Schema;

/// <summary>RFC 6902.</summary>
internal static class JsonPatch
{
    /// <summary>As in Kubernetes: a patch with more operations is refused with 413.</summary>
    public const int MaxOperations = 10_000;

    /// <summary>As in Kubernetes (JSONPatchMaxCopyBytes): what the copies of one patch may add.</summary>
    private const int MaxCopyBytes = 3 * 1024 * 1024;

    public static PatchResult Apply(JsonObject original, ReadOnlyMemory<byte> patch)
    {
        JsonNode? tree;
        try
        {
            tree = JsonTreeReader.Read(patch.Span).Tree;
        }
        catch (JsonException fault)
        {
            return new PatchResult.Malformed($"error decoding patch: {JsonTreeReader.Describe(fault)}");
        }

        if (tree is not JsonArray operations)
        {
            return new PatchResult.Malformed(
                $"error decoding patch: json: cannot unmarshal {JsonTree.KindWord(tree)} into Go value of type "
                + "jsonpatch.Patch");
        }

        if (operations.Count > MaxOperations)
        {
            return new PatchResult.Malformed(
                $"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}",
                TooLarge: true);
        }

        return Run(original, operations);
    }

    private static PatchResult Run(JsonObject original, JsonArray operations)
    {
        JsonNode? root = original.DeepClone();
        var copied = 0L;
        foreach (var node in operations)
        {
            if (node is not JsonObject operation)
            {
                return new PatchResult.Malformed("error decoding patch: an operation is not an object");
            }

            var fault = Operate(ref root, operation, ref copied);
            if (fault is not null)
            {
                return new PatchResult.Unprocessable(
                    $"the server rejected our request due to an error in our request: {fault}");
            }
        }

        return root is JsonObject patched
            ? new PatchResult.Patched(patched)
            : new PatchResult.Unprocessable("the patch leaves no object");
    }

    private static string? Operate(ref JsonNode? root, JsonObject operation, ref long copied)
    {
        var (kind, path) = (operation.Text("op"), operation.Text("path"));
        switch (kind)
        {
            case "add":
                return JsonSize.TooDeep(path, operation["value"])
                    ?? JsonPointer.Add(ref root, path, operation["value"]?.DeepClone());
            case "remove":
                return JsonPointer.Remove(ref root, path, out _);
            case "replace":
                return JsonSize.TooDeep(path, operation["value"])
                    ?? JsonPointer.Replace(ref root, path, operation["value"]?.DeepClone());
            case "test":
                return JsonPointer.Holds(root, path, operation["value"])
                    ? null : $"testing value {path} failed: test failed";
            case "copy":
                return JsonPointer.Find(root, operation.Text("from"), out var source)
                    ?? JsonSize.TooDeep(path, source)
                    ?? CountCopy(source, ref copied)
                    ?? JsonPointer.Add(ref root, path, source?.DeepClone());
            case "move":
                return JsonPointer.Remove(ref root, operation.Text("from"), out var moved)
                    ?? JsonSize.TooDeep(path, moved)
                    ?? JsonPointer.Add(ref root, path, moved);
            default:
                return $"Unexpected kind: {kind}";
        }
    }

    private static string? CountCopy(JsonNode? source, ref long copied)
    {
        copied += JsonSize.Of(source);
        return copied <= MaxCopyBytes ? null : "Unable to complete the copy, the accumulated size increase of copy is "
            + $"{copied}, exceeding the limit {MaxCopyBytes}";
    }
}
