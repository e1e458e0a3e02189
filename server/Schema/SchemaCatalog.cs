namespace Edge.Server.Schema;

/// <summary>A group and version that the API serves; the core group is the empty string.</summary>
internal sealed record GroupVersion(string Group, string Version)
{
    public override string ToString() => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>All kinds that the API knows, in the order discovery lists them.</summary>
internal sealed class SchemaCatalog
{
    public const string MetaGroup = "meta.k8s.io";

    private static readonly Lazy<SchemaCatalog> _default = new(() => new SchemaCatalog(keepTexts: false));
    private readonly IReadOnlyList<ResourceSchema> _kinds;
    private readonly Dictionary<(string Group, string Version, string Plural), ResourceSchema> _byPath;

    /// <param name="keepTexts">True keeps the descriptive texts, which only the OpenAPI documents need.</param>
    public SchemaCatalog(bool keepTexts)
    {
        var assembly = typeof(SchemaCatalog).Assembly;
        var library = new TypeLibrary(keepTexts);
        _kinds = [.. assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".kinds", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .SelectMany(name => new KindReader(library).Read(TypeLibrary.ReadResource(assembly, name)))];
        Resources = [.. _kinds.Where(kind => kind.Plural.Length > 0)];
        _byPath = Resources.ToDictionary(kind => (kind.Group, kind.Version, kind.Plural));
        GroupVersions = [.. Resources.Select(kind => new GroupVersion(kind.Group, kind.Version)).Distinct()];
        DocumentHashes = new(() => OpenApi.Hashes(this));
        DeleteOptions = FindKind(MetaGroup, "v1", "DeleteOptions")!;
    }

    public static SchemaCatalog Default => _default.Value;

    /// <summary>The served group-versions, core first.</summary>
    public IReadOnlyList<GroupVersion> GroupVersions { get; }

    /// <summary>Every resource with an endpoint.</summary>
    public IReadOnlyList<ResourceSchema> Resources { get; }

    /// <summary>Hashes of the documents, which are made once to know them, see <see cref="OpenApi"/>.</summary>
    public Lazy<IReadOnlyList<(GroupVersion Served, string Hash)>> DocumentHashes { get; }

    /// <summary>The body of a DELETE, whatever group and version it names.</summary>
    public ResourceSchema DeleteOptions { get; }

    public ResourceSchema? Find(string group, string version, string plural) =>
        _byPath.GetValueOrDefault((group, version, plural));

    /// <summary>The schema of the version that objects of the kind are kept in.</summary>
    public ResourceSchema StoredFormOf(ResourceSchema schema) =>
        schema.IsStored ? schema : Find(schema.StoredGroup, schema.StoredVersion, schema.Plural)!;

    /// <summary>
    /// By kind, bodies without an endpoint included: DeleteOptions (group meta.k8s.io), Eviction, Binding, Status.
    /// </summary>
    public ResourceSchema? FindKind(string group, string version, string kind) =>
        _kinds.FirstOrDefault(known => known.Kind == kind && known.Version == version && known.Group == group);
}
