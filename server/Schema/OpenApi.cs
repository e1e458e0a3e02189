using System.Security.Cryptography;
using System.Text.Json;
using Edge.Server.Schema.Documents;

namespace Edge.Server.Schema;

/// <summary>
/// OpenAPI documents made from the trees. The descriptive texts are read for a document only and dropped with it.
/// </summary>
internal static class OpenApi
{
    /// <summary>The path that a group-version has in the index.</summary>
    public static string PathOf(GroupVersion served) => (served.Group.Length == 0 ? "api/" : "apis/") + served;

    /// <summary>The body of <c>/openapi/v3</c>: a path per group-version with the hash of its document.</summary>
    public static byte[] Index(SchemaCatalog catalog)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("paths");
            foreach (var (served, hash) in catalog.DocumentHashes.Value)
            {
                writer.WriteStartObject(PathOf(served));
                writer.WriteString("serverRelativeURL", $"/openapi/v3/{PathOf(served)}?hash={hash}");
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>The v3 document of one group-version, or null when it is not served. Made anew on every call.</summary>
    public static byte[]? V3(SchemaCatalog catalog, GroupVersion served) => catalog.GroupVersions.Contains(served)
        ? new OpenApiV3Document(new SchemaCatalog(keepTexts: true), served).Write()
        : null;

    /// <summary>The v2 document of everything, as JSON. Made anew on every call.</summary>
    public static byte[] V2() => new OpenApiV2Document(new SchemaCatalog(keepTexts: true)).Write();

    /// <summary>The same in the protobuf form of the type <c>com.github.proto-openapi.spec.v2</c>.</summary>
    public static ReadOnlyMemory<byte> V2Protobuf() => OpenApiV2Protobuf.Of(V2());

    /// <summary>The hashes that the index names; each changes with its document, which is immutable so.</summary>
    public static IReadOnlyList<(GroupVersion Served, string Hash)> Hashes(SchemaCatalog catalog)
    {
        var withTexts = new SchemaCatalog(keepTexts: true);
        return [.. catalog.GroupVersions.Select(served => (served, Convert.ToHexString(
            SHA256.HashData(new OpenApiV3Document(withTexts, served).Write()))))];
    }
}
