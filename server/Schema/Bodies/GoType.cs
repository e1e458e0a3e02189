namespace Edge.Server.Schema.Bodies;

/// <summary>The name a type has in Go, which the messages of Kubernetes' decoder show.</summary>
internal static class GoType
{
    public static string Of(SchemaNode node) => node.Type switch
    {
        SchemaType.Object => $"v1.{node.Name[(node.Name.LastIndexOf('.') + 1)..]}",
        SchemaType.Map => $"map[string]{Of(node.Item!)}",
        SchemaType.List => $"[]{Of(node.Item!)}",
        SchemaType.String => "string",
        SchemaType.Bool => "bool",
        SchemaType.Int32 => "int32",
        SchemaType.Int64 => "int64",
        SchemaType.Number => "float64",
        SchemaType.Bytes => "[]uint8",
        SchemaType.Time => "v1.Time",
        SchemaType.MicroTime => "v1.MicroTime",
        SchemaType.Quantity => "resource.Quantity",
        SchemaType.IntOrString => "intstr.IntOrString",
        SchemaType.Duration => "v1.Duration",
        SchemaType.Raw => "v1.FieldsV1",
    };
}
