using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Edge.Proto.Model;
using Edge.Server.Schema;
using Edge.Server.Schema.Rules;

namespace Edge.Tests.Server.Schema;

public sealed class CatalogTests
{
    [Fact]
    public void Every_described_type_resolves_down_to_scalars()
    {
        var seen = new HashSet<string>();
        foreach (var kind in SchemaCatalog.Default.Resources)
        {
            Walk(kind.Tree, seen);
        }

        Assert.Contains("io.k8s.api.core.v1.PodSpec", seen);
        Assert.True(seen.Count > 150, $"{seen.Count} types");
    }

    /// <summary>By the priorities that Kubernetes gives its own groups; kinds by the name of their resource.</summary>
    [Fact]
    public void Groups_and_kinds_stand_in_the_order_that_kubectl_get_all_shows_them_in()
    {
        var listed = SchemaCatalog.Default.Resources.Where(schema => schema.Plural.Length > 0).ToList();
        Assert.Equal(
            [
                "", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
                "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io",
                "apiextensions.k8s.io", "scheduling.k8s.io", "coordination.k8s.io", "node.k8s.io", "discovery.k8s.io",
                "metrics.k8s.io",
            ],
            listed.Select(schema => schema.Group).Distinct());
        foreach (var version in listed.GroupBy(schema => schema.ApiVersion))
        {
            var resources = version.Select(schema => schema.Plural).ToList();
            Assert.Equal(resources.Order(StringComparer.Ordinal), resources);
        }
    }

    [Fact]
    public void Every_format_named_in_a_description_exists()
    {
        foreach (var field in Fields())
        {
            if (field.Format.Length > 0)
            {
                Assert.NotNull(FieldFormats.Check(field.Format, "a").ToList());
            }
        }
    }

    [Fact]
    public void A_row_has_a_cell_for_each_column()
    {
        foreach (var kind in SchemaCatalog.Default.Resources)
        {
            Assert.Equal(kind.Columns.Count, TableRows.Cells(kind, [], DateTimeOffset.UnixEpoch).Count);
        }
    }

    [Fact]
    public void Each_record_of_the_model_fits_its_description()
    {
        var missing = new List<string>();
        foreach (var kind in SchemaCatalog.Default.Resources.Where(kind => kind.IsStored))
        {
            if (Type.GetType($"Edge.Proto.Model.{kind.Kind}, Edge.Proto") is { } record
                && TypeOf(record) is { } info)
            {
                Compare(info, kind.Tree, kind.Kind, missing, 0);
            }
        }

        // One record stands for the conditions of all kinds, and one for both places of a downward API source.
        missing.RemoveAll(path => path.Contains("conditions[]", StringComparison.Ordinal)
            || path.EndsWith("downwardAPI.defaultMode", StringComparison.Ordinal));
        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(330, "5m30s")]
    [InlineData(601, "10m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((4 * 3600) + 300, "4h5m")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(9 * 86400, "9d")]
    [InlineData(800 * 86400, "2y70d")]
    public void A_duration_shows_as_kubectl_shows_it(int seconds, string expected) =>
        Assert.Equal(expected, HumanDuration.Of(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("metadata.name=a", true)]
    [InlineData("metadata.name!=a", false)]
    [InlineData("status.phase!=Succeeded,status.phase!=Failed", true)]
    [InlineData("spec.nodeName==n,metadata.namespace=d", true)]
    [InlineData("spec.nodeName=", false)]
    [InlineData("spec.hostNetwork=false", true)]
    [InlineData("status.podIPs=10.0.0.2", true)]
    [InlineData("", true)]
    public void A_field_selector_selects(string text, bool expected)
    {
        var pod = Samples.Tree("""
            {"metadata":{"name":"a","namespace":"d"},"spec":{"nodeName":"n"},
             "status":{"phase":"Running","podIPs":[{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]}}
            """);

        Assert.Equal(expected, FieldSelector.Parse(Samples.Pod, text, out _)!.Matches(pod));
    }

    [Theory]
    [InlineData("batch", "Job", "status.successful=2", true)]
    [InlineData("batch", "Job", "status.successful=0", false)]
    [InlineData("apps", "ReplicaSet", "status.replicas=0", true)]
    public void A_count_of_a_status_can_be_selected_by(string group, string kind, string text, bool expected)
    {
        var obj = Samples.Tree("""{"metadata":{"name":"a"},"status":{"succeeded":2}}""");

        Assert.Equal(expected, FieldSelector.Parse(Samples.Kind(group, kind), text, out _)!.Matches(obj));
    }

    [Fact]
    public void A_field_that_cannot_be_selected_is_named()
    {
        Assert.Null(FieldSelector.Parse(Samples.Pod, "spec.nope=1", out var message));
        Assert.Equal("field label not supported: spec.nope", message);
    }

    [Fact]
    public void The_document_has_what_kubectl_looks_for()
    {
        var document = JsonNode.Parse(OpenApi.V3(SchemaCatalog.Default, new GroupVersion("", "v1"))!)!;
        var patch = document["paths"]!["/api/v1/namespaces/{namespace}/pods/{name}"]!["patch"]!;
        var spec = document["components"]!["schemas"]!["io.k8s.api.core.v1.PodSpec"]!;
        var containers = spec["properties"]!["containers"]!;

        Assert.Contains(patch["parameters"]!.AsArray(), item => item.Text("name") == "fieldValidation");
        Assert.Equal("Pod", patch["x-kubernetes-group-version-kind"].Text("kind"));
        Assert.Equal("name", containers.Text("x-kubernetes-patch-merge-key"));
        Assert.Equal("merge", containers.Text("x-kubernetes-patch-strategy"));
        foreach (var reference in References(document))
        {
            Assert.NotNull(document["components"]!["schemas"]![reference["#/components/schemas/".Length..]]);
        }
    }

    [Fact]
    public void The_index_names_every_group_version_with_a_hash()
    {
        var index = JsonNode.Parse(OpenApi.Index(SchemaCatalog.Default))!["paths"]!.AsObject();

        Assert.Equal(
            SchemaCatalog.Default.GroupVersions
                .Select(served => (served.Group.Length == 0 ? "api/" : "apis/") + served),
            index.Select(pair => pair.Key));
        Assert.Matches("^/openapi/v3/api/v1\\?hash=[0-9A-F]{64}$", index["api/v1"].Text("serverRelativeURL"));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(pair => pair.Key == "$ref" ? [$"{pair.Value}"] : References(pair.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };

    private static IEnumerable<SchemaField> Fields()
    {
        var seen = new HashSet<string>();
        var open = new Queue<SchemaNode>(SchemaCatalog.Default.Resources.Select(kind => kind.Tree));
        while (open.TryDequeue(out var node))
        {
            if (node.Item is not null)
            {
                open.Enqueue(node.Item);
            }

            foreach (var field in node.Name.Length == 0 || seen.Add(node.Name) ? node.Fields : [])
            {
                open.Enqueue(field.Node);
                yield return field;
            }
        }
    }

    private static void Walk(SchemaNode node, HashSet<string> seen)
    {
        if (node.Item is not null)
        {
            Walk(node.Item, seen);
        }

        if (node.Type != SchemaType.Object || !seen.Add(node.Name))
        {
            return;
        }

        Assert.Equal(node.Fields.Count, node.Fields.Select(field => field.Name).Distinct().Count());
        foreach (var field in node.Fields)
        {
            Walk(field.Node, seen);
        }
    }

    private static void Compare(JsonTypeInfo info, SchemaNode node, string path, List<string> missing, int depth)
    {
        if (depth > 12)
        {
            return;
        }

        if (info.Kind == JsonTypeInfoKind.Object && node.Type == SchemaType.Object)
        {
            foreach (var property in info.Properties.Where(property => !property.IsExtensionData))
            {
                if (node.Find(property.Name) is not { } field)
                {
                    missing.Add($"{path}.{property.Name}");
                }
                else if (TypeOf(property.PropertyType) is { } inner)
                {
                    Compare(inner, field.Node, $"{path}.{property.Name}", missing, depth + 1);
                }
            }
        }
        else if (node.Item is not null && info.ElementType is { } element
            && TypeOf(element) is { } item)
        {
            Compare(item, node.Item, $"{path}[]", missing, depth + 1);
        }
    }

    private static JsonTypeInfo? TypeOf(Type record) =>
        ModelJson.Default.GetTypeInfo(record) ?? WorkloadJson.Default.GetTypeInfo(record);
}
