using System.Security.Cryptography;
using System.Text.Json;
using Edge.Server.Schema.Documents;

namespace Edge.Server.Schema;

/// <summary>OpenAPI v3 documents made from the trees, and their index.</summary>
internal static class OpenApi
{
    /// <summary>The body of <c>/openapi/v3</c>: a path per group-version with the hash of its document.</summary>
    public static byte[] Index(SchemaCatalog catalog)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("paths");
            foreach (var served in catalog.GroupVersions)
            {
                var path = (served.Group.Length == 0 ? "api/" : "apis/") + served;
                writer.WriteStartObject(path);
                writer.WriteString(
                    "serverRelativeURL", $"/openapi/v3/{path}?hash={Hash(catalog, served.Group, served.Version)}");
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>The document of one group-version, or null when it is not served. Made anew on every call.</summary>
    public static byte[]? V3(SchemaCatalog catalog, string group, string version)
    {
        var served = new GroupVersion(group, version);

        // The texts are read for the document only and dropped with it; clients keep what the hash names for good.
        return catalog.GroupVersions.Contains(served)
            ? new OpenApiDocument(new SchemaCatalog(keepTexts: true), served).Write()
            : null;
    }

    /// <summary>The hash that the index names for a document; changes with it, so the document is immutable.</summary>
    public static string Hash(SchemaCatalog catalog, string group, string version) =>
        catalog.DocumentHashes.GetOrAdd(new GroupVersion(group, version), served => Convert.ToHexString(
            SHA256.HashData(V3(catalog, served.Group, served.Version) ?? [])));
}
