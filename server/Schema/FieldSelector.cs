using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>A parsed <c>fieldSelector</c>: every clause must hold.</summary>
internal sealed class FieldSelector
{
    /// <summary>Null and a message for a 400 when the text or a path is not supported.</summary>
    public static FieldSelector? Parse(ResourceSchema schema, string text, out string message) =>
        throw new NotImplementedException();

    public bool Matches(JsonObject obj) => throw new NotImplementedException();

    /// <summary>The value that <c>metadata.name=</c> asks for, so that a list can become a get.</summary>
    public string? Name => throw new NotImplementedException();
}
