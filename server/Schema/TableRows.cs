using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>The cells that <c>kubectl get</c> prints, in the order of <see cref="ResourceSchema.Columns"/>.</summary>
internal static class TableRows
{
    public static JsonArray Cells(ResourceSchema schema, JsonObject obj, DateTimeOffset now) =>
        throw new NotImplementedException();
}
