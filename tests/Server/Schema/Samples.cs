using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

/// <summary>Schemas and trees for the tests of this folder.</summary>
internal static class Samples
{
    public static ResourceSchema Pod { get; } = Kind("", "Pod");

    public static ResourceSchema ConfigMap { get; } = Kind("", "ConfigMap");

    public static ResourceSchema Kind(string group, string kind, string version = "v1") =>
        SchemaCatalog.Default.FindKind(group, version, kind) ?? throw new InvalidOperationException(kind);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static JsonObject Tree(string json) => (JsonObject)JsonNode.Parse(json)!;

    public static DecodeResult.Decoded Decoded(DecodeResult result) =>
        Assert.IsType<DecodeResult.Decoded>(result);

    public static string Failure(DecodeResult result) => Assert.IsType<DecodeResult.Failed>(result).Message;

    public static JsonObject Patched(PatchResult result) => Assert.IsType<PatchResult.Patched>(result).Object;

    public static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());
}
