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

/// <summary>How a list merges under server-side apply; for maps and objects <c>Atomic</c> means replaced whole.</summary>
internal enum ListType
{
    Atomic,
    Map,
    Set,
}

/// <summary>A type of the tree: an object with fields, a list or map of items, or a scalar. Shared and immutable.</summary>
internal sealed class SchemaNode
{
    public required SchemaType Type { get; init; }

    /// <summary>Kubernetes' name of the type (<c>io.k8s.api.core.v1.PodSpec</c>) for objects, else empty.</summary>
    public string Name { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>The fields of an object, in the order of the description.</summary>
    public IReadOnlyList<SchemaField> Fields { get; internal set; } = [];

    /// <summary>What a list or a map holds.</summary>
    public SchemaNode? Item { get; init; }

    public bool Atomic { get; init; }

    private Dictionary<string, SchemaField>? _byName;

    public SchemaField? Find(string name)
    {
        _byName ??= Fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
        return _byName.GetValueOrDefault(name);
    }
}

/// <summary>One field of an object: its shape and everything that the API says about it.</summary>
internal sealed class SchemaField
{
    public required string Name { get; init; }

    public required SchemaNode Node { get; init; }

    /// <summary>Protobuf field number; 0 where the field never travels as protobuf.</summary>
    public int Number { get; init; }

    /// <summary>A pointer in Go: an explicit zero is kept when a protobuf body is read.</summary>
    public bool Pointer { get; init; }

    /// <summary>Strategic merge: merge lists by <see cref="MergeKey"/> (or as a set when there is no key).</summary>
    public bool Merge { get; init; }

    public bool RetainKeys { get; init; }

    public string MergeKey { get; init; } = "";

    public ListType ListType { get; init; }

    public IReadOnlyList<string> ListKeys { get; init; } = [];

    public bool Required { get; init; }

    /// <summary>Read and stored, but no part of Edge acts on it yet; naming it in a body yields a warning.</summary>
    public bool Unsupported { get; init; }

    public string? Default { get; init; }

    public IReadOnlyList<string> Enum { get; init; } = [];

    public string Description { get; init; } = "";
}
