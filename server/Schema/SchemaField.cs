namespace Edge.Server.Schema;

/// <summary>How a list merges under server-side apply.</summary>
internal enum ListType
{
    Atomic,
    Map,
    Set,
}

/// <summary>One field of an object: its shape and everything that the API says about it.</summary>
internal sealed class SchemaField
{
    private readonly Lazy<SchemaNode> _node;

    /// <summary>The type is read at first use, so that a tree costs only what is walked.</summary>
    public SchemaField(Func<SchemaNode> node) => _node = new Lazy<SchemaNode>(node);

    public required string Name { get; init; }

    public SchemaNode Node => _node.Value;

    /// <summary>Protobuf field number; 0 where the field never travels as protobuf.</summary>
    public int Number { get; init; }

    /// <summary>True for a field that stands in an inline part; the part's own message carries its number.</summary>
    public bool Inlined { get; init; }

    /// <summary>A pointer in Go: an explicit zero is kept when a protobuf body is read.</summary>
    public bool Pointer { get; init; }

    /// <summary>Written by Go even when zero, although it may be left out by people.</summary>
    public bool KeepZero { get; init; }

    /// <summary>Strategic merge: lists merge by <see cref="MergeKey"/>, or as sets when there is no key.</summary>
    public bool Merge { get; init; }

    public string MergeKey { get; init; } = "";

    public bool RetainKeys { get; init; }

    /// <summary>Strategic merge: the object is replaced and not merged.</summary>
    public bool Replace { get; init; }

    public ListType ListType { get; init; }

    public IReadOnlyList<string> ListKeys { get; init; } = [];

    /// <summary>The same by name, as sets of fields spell them.</summary>
    public IReadOnlyList<string> SortedKeys => field ??= [.. ListKeys.Order(StringComparer.Ordinal)];

    /// <summary>The step to this field in a set of fields.</summary>
    public string Element => field ??= Apply.FieldElement.Field(Name);

    /// <summary>The map or object is owned and replaced as a whole.</summary>
    public bool Atomic { get; init; }

    /// <summary>Its parts are owned one by one here, although the type is otherwise owned as a whole.</summary>
    public bool Granular { get; init; }

    public bool Required { get; init; }

    /// <summary>Required in documents only: code says what is wrong without it, in Kubernetes' words.</summary>
    public bool Listed { get; init; }

    /// <summary>Read and stored, but no part of Edge acts on it yet; naming it in a body yields a warning.</summary>
    public bool Unsupported { get; init; }

    public bool Immutable { get; init; }

    /// <summary>JSON text, or a bare word that stands for a string.</summary>
    public string? Default { get; init; }

    public IReadOnlyList<string> Enum { get; init; } = [];

    public long? Min { get; init; }

    public long? Max { get; init; }

    /// <summary>Name of a check in <see cref="Rules.FieldFormats"/>.</summary>
    public string Format { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>The same field as it stands in the object that its part is inlined into.</summary>
    public SchemaField AsInlined() => new(() => Node)
    {
        Name = Name, Number = Number, Inlined = true, Pointer = Pointer, KeepZero = KeepZero, Merge = Merge,
        MergeKey = MergeKey, RetainKeys = RetainKeys, Replace = Replace, ListType = ListType, ListKeys = ListKeys,
        Atomic = Atomic, Granular = Granular, Required = Required, Listed = Listed, Unsupported = Unsupported,
        Immutable = Immutable, Default = Default, Enum = Enum, Min = Min, Max = Max, Format = Format,
        Description = Description,
    };
}
