using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>Kubernetes' strategic merge patch: lists merge by the keys that the schema names.</summary>
internal static class StrategicMerge
{
    public static PatchResult Apply(ResourceSchema schema, JsonObject original, ReadOnlyMemory<byte> patch) =>
        throw new NotImplementedException();
}
