using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>RFC 7386.</summary>
internal static class MergePatch
{
    public static PatchResult Apply(JsonObject original, ReadOnlyMemory<byte> patch) =>
        throw new NotImplementedException();
}
