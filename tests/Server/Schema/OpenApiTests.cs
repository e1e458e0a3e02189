using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Bodies;

namespace Edge.Tests.Server.Schema;

public sealed class OpenApiTests
{
    [Fact]
    public void Every_document_of_version_3_refers_only_to_what_it_holds()
    {
        foreach (var served in SchemaCatalog.Default.GroupVersions)
        {
            var document = JsonNode.Parse(OpenApi.V3(SchemaCatalog.Default, served)!)!;
            var schemas = document["components"]!["schemas"]!.AsObject();
            foreach (var reference in References(document).Distinct())
            {
                Assert.True(schemas.ContainsKey(reference["#/components/schemas/".Length..]), $"{served} {reference}");
            }
        }
    }

    [Fact]
    public void The_document_of_version_2_refers_only_to_what_it_holds()
    {
        var document = JsonNode.Parse(OpenApi.V2())!;
        var definitions = document["definitions"]!.AsObject();
        foreach (var reference in References(document).Distinct())
        {
            Assert.True(definitions.ContainsKey(reference["#/definitions/".Length..]), reference);
        }

        var ids = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject())
            .Where(pair => pair.Key != "parameters").Select(pair => pair.Value.Text("operationId")).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Contains("listCoreV1PodForAllNamespaces", ids);
    }

    [Fact]
    public void A_patch_says_which_kinds_of_patches_there_are()
    {
        var document = JsonNode.Parse(OpenApi.V3(SchemaCatalog.Default, new GroupVersion("apps", "v1"))!)!;
        var patch = document["paths"]!["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]!["patch"]!;
        Assert.NotNull(patch["requestBody"]!["content"]!["application/strategic-merge-patch+json"]);
        Assert.NotNull(patch["requestBody"]!["content"]!["application/apply-patch+yaml"]);
    }

    /// <summary>As kubectl 1.27 and older verify: the GVK of a PATCH, and its query parameters.</summary>
    [Fact]
    public void The_protobuf_form_holds_the_paths_and_the_definitions()
    {
        var document = OpenApi.V2Protobuf();
        var paths = Fields(document, 8).SelectMany(paths => Fields(paths, 2)).ToList();
        var config = paths.Single(path => Text(path, 1) == "/api/v1/namespaces/{namespace}/configmaps/{name}");
        var patch = Fields(Fields(config, 2).Single(), 8).Single();
        var kind = Fields(patch, 13).Single(entry => Text(entry, 1) == "x-kubernetes-group-version-kind");
        Assert.Equal("""{"group":"","kind":"ConfigMap","version":"v1"}""", Text(Fields(kind, 2).Single(), 2));
        var query = Fields(patch, 8).SelectMany(item => Fields(item, 1)).SelectMany(item => Fields(item, 2))
            .SelectMany(item => Fields(item, 3)).Select(parameter => Text(parameter, 4));
        Assert.Contains("fieldValidation", query);

        var definitions = Fields(document, 9).SelectMany(all => Fields(all, 1)).Select(one => Text(one, 1)).ToHashSet();
        Assert.Superset(
            new HashSet<string> { "io.k8s.api.core.v1.Pod", "io.k8s.api.apps.v1.DeploymentList" }, definitions);
    }

    [Fact]
    public void Every_field_has_a_description()
    {
        foreach (var served in SchemaCatalog.Default.GroupVersions)
        {
            var document = JsonNode.Parse(OpenApi.V3(SchemaCatalog.Default, served)!)!;
            foreach (var (name, schema) in document["components"]!["schemas"]!.AsObject())
            {
                foreach (var (field, value) in schema.Object("properties") ?? [])
                {
                    Assert.True(value.Text("description").Length > 0, $"{name}.{field}");
                }
            }
        }
    }

    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int number)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        var reader = new ProtobufReader(message.Span);
        while (reader.Read())
        {
            if (reader.Number == number)
            {
                found.Add(reader.Bytes.ToArray());
            }
        }

        return found;
    }

    private static string Text(ReadOnlyMemory<byte> message, int number) =>
        Encoding.UTF8.GetString(Fields(message, number).Single().Span);

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(pair => pair.Key == "$ref" ? [$"{pair.Value}"] : References(pair.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
