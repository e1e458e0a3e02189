namespace Edge.Server.Schema;

/// <summary>One endpoint below a resource, as discovery lists it.</summary>
internal sealed record SubresourceSchema(
    string Name, string Group, string Version, string Kind, IReadOnlyList<string> Verbs);

/// <summary>One column of a Table; a priority above 0 shows only with <c>-o wide</c>.</summary>
internal sealed record TableColumn(string Name, string Type, string Format, int Priority, string Description);

/// <summary>
/// Everything that the API says about one kind. A kind without a plural (DeleteOptions, Status …) is only a body.
/// </summary>
internal sealed class ResourceSchema
{
    private readonly Lazy<SchemaNode> _tree;

    public ResourceSchema(Func<SchemaNode> tree) => _tree = new Lazy<SchemaNode>(tree);

    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    /// <summary>The package that the kind's type is described in, for its name in documents.</summary>
    public string Package { get; init; } = "";

    public string Plural { get; init; } = "";

    public string Singular { get; init; } = "";

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>
    /// The version that objects are kept in. Where it is another one, <see cref="VersionConversion"/> leads from one to
    /// the other, and defaults, validation and strategy are those of the version that is kept.
    /// </summary>
    public string StoredVersion { get => field ?? Version; init; }

    /// <summary>The group that objects are kept in: events are one thing in two groups.</summary>
    public string StoredGroup { get => field ?? Group; init; }

    public bool IsStored => StoredVersion == Version && StoredGroup == Group;

    /// <summary>Kept for whoever reads it, but no part of Edge acts on it yet: a body yields a warning.</summary>
    public bool Unsupported { get; init; }

    /// <summary>A PUT creates the object where there is none.</summary>
    public bool CreatesOnUpdate { get; init; }

    /// <summary>A PUT must say which revision it replaces.</summary>
    public bool NeedsRevision { get; init; }

    public bool Namespaced { get; init; }

    public IReadOnlyList<string> Verbs { get; init; } = [];

    public IReadOnlyList<SubresourceSchema> Subresources { get; init; } = [];

    public IReadOnlyList<TableColumn> Columns { get; init; } = [];

    /// <summary>Paths a field selector may name besides metadata.name and metadata.namespace.</summary>
    public IReadOnlyList<string> SelectableFields { get; init; } = [];

    /// <summary>The fields of the kind; read from the embedded description at first use.</summary>
    public SchemaNode Tree => _tree.Value;

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string ListKind => Kind + "List";

    /// <summary>True where <c>.status</c> is written only through the status endpoint.</summary>
    public bool HasStatus => Subresources.Any(subresource => subresource.Name == "status");
}
