namespace Edge.Server.Schema;

/// <summary>A group and version that the API serves; the core group is the empty string.</summary>
internal sealed record GroupVersion(string Group, string Version)
{
    public override string ToString() => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>All kinds that the API knows, in the order discovery lists them.</summary>
internal sealed class SchemaCatalog
{
    public static SchemaCatalog Default { get; } = new();

    /// <summary>The served group-versions, core first.</summary>
    public IReadOnlyList<GroupVersion> GroupVersions => throw new NotImplementedException();

    /// <summary>Every resource with an endpoint.</summary>
    public IReadOnlyList<ResourceSchema> Resources => throw new NotImplementedException();

    public ResourceSchema? Find(string group, string version, string plural) => throw new NotImplementedException();

    /// <summary>
    /// By kind, bodies without an endpoint included: DeleteOptions (group meta.k8s.io), Eviction, Binding, Status.
    /// </summary>
    public ResourceSchema? FindKind(string group, string version, string kind) => throw new NotImplementedException();
}
