namespace Edge.Server.Schema;

/// <summary>OpenAPI v3 documents made from the trees, and their index.</summary>
internal static class OpenApi
{
    /// <summary>The body of <c>/openapi/v3</c>: a path per group-version with the hash of its document.</summary>
    public static byte[] Index(SchemaCatalog catalog) => throw new NotImplementedException();

    /// <summary>The document of one group-version, or null when it is not served. Not cached here.</summary>
    public static byte[]? V3(SchemaCatalog catalog, string group, string version) => throw new NotImplementedException();

    /// <summary>The hash that the index names for a document; changes with the description, so it may be immutable.</summary>
    public static string Hash(SchemaCatalog catalog, string group, string version) => throw new NotImplementedException();
}
