using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Bodies;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Fuzz;

/// <summary>Good inputs: the golden cases of the schema in every encoding, and texts of every small language.</summary>
internal static class Corpus
{
    public static IReadOnlyList<(ResourceSchema Schema, byte[] Yaml, JsonObject Tree)> Objects { get; } = ReadCases();

    public static IReadOnlyList<byte[]> Yaml { get; } =
    [
        .. Objects.Select(one => one.Yaml),
        "a: &a {b: [1, 2], c: {d: e}}\nf: *a\ng: {<<: *a, h: |\n  text\n  more}"u8.ToArray(),
        "- &x [a, b]\n- [*x, *x, *x]\n- {? k : v}\n- !!str 5\n- 0o17\n- 0x1F\n- 2001-12-14t21:59:43.10Z"u8.ToArray(),
    ];

    public static IReadOnlyList<byte[]> Json { get; } =
        [.. Objects.Select(one => Encoding.UTF8.GetBytes(one.Tree.ToJsonString()))];

    public static IReadOnlyList<byte[]> Protobuf { get; } =
        [.. Objects.Select(one => ProtobufWriter.Body(one.Schema, one.Tree))];

    public static IReadOnlyList<byte[]> JsonPatches { get; } = Texts(
        """[{"op":"add","path":"/metadata/labels","value":{"a":"b"}},{"op":"test","path":"/kind","value":"Pod"}]""",
        """[{"op":"replace","path":"/spec/replicas","value":3},{"op":"remove","path":"/spec/template/spec"}]""",
        """
        [{"op":"copy","from":"/metadata","path":"/spec/template/metadata"},{"op":"move","from":"/spec","path":"/x"}]
        """,
        """
        [{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"a~1b"}},
         {"op":"copy","from":"","path":"/a"}]
        """,
        """[{"op":"copy","from":"/spec","path":"/spec/a"},{"op":"copy","from":"/spec","path":"/spec/a"}]""");

    public static IReadOnlyList<byte[]> MergePatches { get; } = Texts(
        """
        {"metadata":{"labels":{"a":"b","c":null},"finalizers":["x/y"]},"spec":{"replicas":null,"template":{"spec":{}}}}
        """,
        """{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"b","ports":[{"containerPort":80}]}]}}}}""",
        """
        {"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],
         "containers":[{"$patch":"delete","name":"a"},{"name":"b","env":[{"name":"c","value":"d"}]}]}}}}
        """,
        """
        {"metadata":{"$deleteFromPrimitiveList/finalizers":["x/y"]},
         "spec":{"$retainKeys":["replicas"],"strategy":{"$patch":"replace","type":"Recreate"}}}
        """);

    public static IReadOnlyList<string> LabelSelectors { get; } =
    [
        "a=b", "a==b,c!=d", "a in (b, c),!d", "a notin (b,c),e", "example.com/a", "!example.com/a", "a in (),b", "a=",
    ];

    public static IReadOnlyList<string> FieldSelectors { get; } =
    [
        "metadata.name=a", "metadata.namespace!=b,metadata.name==c", "spec.nodeName=a\\,b", "status.phase=Running",
    ];

    public static IReadOnlyList<string> Quantities { get; } =
        ["1", "100m", "1.5Gi", "2e3", "-1E6", "+0.5k", "12345678901234567890", "1u", "5n", ".5Ei", "1e-9", "0"];

    public static IReadOnlyList<string> Paths { get; } =
    [
        "/api/v1/namespaces/default/configmaps/a", "/apis/apps/v1/deployments", "/api/v1/watch/namespaces/a/pods",
        "/apis/apps/v1/namespaces/default/deployments/a/scale", "/api/v1/namespaces/default/pods/a/log",
        "/api/v1/nodes",
        "/api/v1/namespaces/default/status", "/api/v1/namespaces/a/finalize", "/version", "/openapi/v3/apis/apps/v1",
        "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/a/status", "/apis/batch/v1/jobs", "/api",
        "/api/v1/namespaces/default/pods/a/eviction", "/api/v1/namespaces/default/pods/a/binding", "/apis/apps/v1",
        "/apis/events.k8s.io/v1/namespaces/default/events", "/apis/metrics.k8s.io/v1beta1/nodes/a", "/openapi/v2",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "/api/v1/namespaces/default/secrets/a", "/healthz",
        "/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval", "/apis/apps", "/api/v1/namespaces",
    ];

    public static IReadOnlyList<string> Queries { get; } =
    [
        "limit=2&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhIn0", "labelSelector=a%20in%20(b,c)",
        "fieldSelector=metadata.name%3Da,spec.nodeName!%3Db", "resourceVersion=0&resourceVersionMatch=NotOlderThan",
        "resourceVersion=7&resourceVersionMatch=Exact&limit=500", "fieldValidation=Strict&dryRun=All", "pretty=true",
        "watch=true&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=1048577", "fieldManager=a&force=true",
        "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1", "propagationPolicy=Orphan",
        "gracePeriodSeconds=5&orphanDependents=true", "container=a&follow=false&tailLines=5&sinceSeconds=1", "",
        "includeObject=Object&timeout=32s", "sinceTime=2024-01-01T00:00:00Z&limitBytes=1&timestamps=true&previous=true",
    ];

    private static IReadOnlyList<byte[]> Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static List<(ResourceSchema, byte[], JsonObject)> ReadCases()
    {
        var found = new List<(ResourceSchema, byte[], JsonObject)>();
        foreach (var path in Directory.GetFiles(Folder(), "in.yaml", SearchOption.AllDirectories).Order())
        {
            var yaml = File.ReadAllBytes(path);
            var tree = (JsonObject)YamlTreeReader.Read(yaml).Tree!;
            var version = tree.Text("apiVersion").Split('/');
            if (SchemaCatalog.Default.FindKind(
                    version.Length > 1 ? version[0] : "", version[^1], tree.Text("kind")) is { } schema)
            {
                found.Add((schema, yaml, tree));
            }
        }

        return found;
    }

    private static string Folder() => Repository.Cases("schema");
}
