using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>RFC 6902.</summary>
internal static class JsonPatch
{
    /// <summary>As in Kubernetes: a patch with more operations is refused with 413.</summary>
    public const int MaxOperations = 10_000;

    public static PatchResult Apply(JsonObject original, ReadOnlyMemory<byte> patch) =>
        throw new NotImplementedException();
}
