namespace Edge.Server.Schema;

/// <summary>The shape of a value; decides how it is checked, decoded and printed.</summary>
internal enum SchemaType
{
    Object,
    Map,
    List,
    String,
    Bool,
    Int32,
    Int64,
    Number,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    Duration,
    Raw,
}

/// <summary>A part of a protobuf message whose fields stand directly in the JSON object.</summary>
internal sealed record InlinePart(int Number, SchemaNode Node);

/// <summary>A type: an object with fields, a list or map of items, or a scalar. Shared and immutable.</summary>
internal sealed class SchemaNode
{
    private readonly IReadOnlyList<SchemaField> _fields = [];
    private readonly Dictionary<string, SchemaField> _byName = [];

    public required SchemaType Type { get; init; }

    /// <summary>Kubernetes' name of the type (<c>io.k8s.api.core.v1.PodSpec</c>) for objects, else empty.</summary>
    public string Name { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>The fields of an object in the order of the description, those of inline parts among them.</summary>
    public IReadOnlyList<SchemaField> Fields
    {
        get => _fields;
        init
        {
            _fields = value;
            _byName = value.ToDictionary(item => item.Name, StringComparer.Ordinal);
        }
    }

    public IReadOnlyList<InlinePart> Inlines { get; init; } = [];

    /// <summary>What a list or a map holds.</summary>
    public SchemaNode? Item { get; init; }

    /// <summary>Owned and replaced as a whole by server-side apply.</summary>
    public bool Atomic { get; init; }

    /// <summary>In protobuf the list sits in a message of its own (certificates ExtraValue).</summary>
    public bool Wrapped { get; init; }

    public SchemaField? Find(string name) => _byName.GetValueOrDefault(name);
}
