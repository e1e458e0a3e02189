using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>Fills in what Kubernetes fills in before validation. In place; idempotent.</summary>
internal static class ObjectDefaults
{
    public static void Fill(ResourceSchema schema, JsonObject obj) => throw new NotImplementedException();
}
