using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>Bodies to trees: reads, checks types, drops what the schema does not know, and says so.</summary>
internal static class ObjectDecoder
{
    public static DecodeResult FromJson(ResourceSchema schema, ReadOnlyMemory<byte> body, FieldValidation validation) =>
        throw new NotImplementedException();

    public static DecodeResult FromYaml(ResourceSchema schema, ReadOnlyMemory<byte> body, FieldValidation validation) =>
        throw new NotImplementedException();

    public static DecodeResult FromProtobuf(ResourceSchema schema, ReadOnlyMemory<byte> body) =>
        throw new NotImplementedException();

    /// <summary>The same checks on a tree that a patch has made.</summary>
    public static DecodeResult FromTree(ResourceSchema schema, JsonObject tree, FieldValidation validation) =>
        throw new NotImplementedException();
}
