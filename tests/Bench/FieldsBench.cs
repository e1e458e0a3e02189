using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;
using Edge.Server.Store;

namespace Edge.Tests.Bench;

/// <summary>
/// What it costs to know who owns which field, a write, in processor time of one thread. 8,000 creates a second on two
/// cores leave 250 us for all of a create.
/// </summary>
internal static class FieldsBench
{
    private const int Rounds = 20_000;
    private const string Time = "2026-01-01T12:00:00Z";

    private static readonly FieldOwner _who = new("bench", Applied: false, "v1", "", Time, FieldSet.Empty);

    public static IReadOnlyList<Figure> Run()
    {
        var (map, deployment) = (Kind("", "ConfigMap"), Kind("apps", "Deployment"));
        var (small, large) = (Decoded(map, ConfigMap), Decoded(deployment, Deployment));
        var plain = Measure(() => ObjectBytes.Write(Decoded(map, ConfigMap)));
        return
        [
            new Figure("configmap-create-without-owners", plain, "us", Bound.Max, 60),
            Create("configmap", map, small, 15),
            Create("deployment", deployment, large, 40),
            Update("configmap", map, small, obj => obj.Ensure("data")["key-0"] = "changed", 40),
            Update("deployment", deployment, large, obj => obj.Ensure("spec")["replicas"] = 7, 120),
            Apply("configmap", map, small, 60),
            Apply("deployment", deployment, large, 400),
            Size("configmap", map, small, 400),
            Size("deployment", deployment, large, 1800),
        ];
    }

    private static Figure Create(string name, ResourceSchema schema, JsonObject obj, double budget)
    {
        var cost = Measure(() => FieldOwners.WriteNew(schema, obj, "bench", Time));
        return new Figure($"{name}-create-owners", cost, "us", Bound.Max, budget);
    }

    private static Figure Size(string name, ResourceSchema schema, JsonObject obj, double budget) => new(
        $"{name}-owners", FieldOwners.WriteNew(schema, obj, "bench", Time).Length, "bytes", Bound.Max, budget);

    /// <summary>From the stored bytes of the owners to the new ones.</summary>
    private static Figure Update(
        string name, ResourceSchema schema, JsonObject old, Action<JsonObject> change, double budget)
    {
        var written = FieldOwners.WriteNew(schema, old, "bench", Time).ToArray();
        var next = old.Copy();
        change(next);
        var versions = new FieldVersions(SchemaCatalog.Default, schema);
        return new Figure($"{name}-update-owners", Measure(() =>
        {
            var owners = FieldOwners.Read(JsonNode.Parse(written), trusted: true)!;
            FieldTracking.Update(versions, old, next, owners, _who with { ApiVersion = schema.ApiVersion }).Write();
        }), "us", Bound.Max, budget);
    }

    private static Figure Apply(string name, ResourceSchema schema, JsonObject live, double budget)
    {
        var who = _who with { ApiVersion = schema.ApiVersion, Applied = true };
        var plan = new ApplyPlan(
            new FieldVersions(SchemaCatalog.Default, schema), FieldScope.Of(schema, ""), who, force: true);
        var first = (ApplyOutcome.Applied)plan.Run([], live, FieldOwners.None);
        var written = first.Owners.Write().ToArray();
        return new Figure($"{name}-apply", Measure(() =>
        {
            var owners = FieldOwners.Read(JsonNode.Parse(written), trusted: true)!;
            ((ApplyOutcome.Applied)plan.Run(first.Object, live, owners)).Owners.Write();
        }), "us", Bound.Max, budget);
    }

    /// <summary>Processor time, so that a busy machine tells the same.</summary>
    private static double Measure(Action once)
    {
        for (var round = 0; round < Rounds; round++)
        {
            once();
        }

        using var self = Process.GetCurrentProcess();
        var before = self.TotalProcessorTime;
        for (var round = 0; round < Rounds; round++)
        {
            once();
        }

        self.Refresh();
        return (self.TotalProcessorTime - before).TotalMicroseconds / Rounds;
    }

    private static ResourceSchema Kind(string group, string kind) =>
        SchemaCatalog.Default.FindKind(group, "v1", kind) ?? throw new InvalidOperationException(kind);

    private static JsonObject Decoded(ResourceSchema schema, string body)
    {
        var result = ObjectDecoder.FromJson(schema, Encoding.UTF8.GetBytes(body), FieldValidation.Warn);
        var obj = ((DecodeResult.Decoded)result).Object;
        ObjectDefaults.Fill(schema, obj);
        return obj;
    }

    /// <summary>1 KiB, as the API's own figures are for.</summary>
    private static string ConfigMap { get; } =
        """{"metadata":{"name":"bench","namespace":"default","labels":{"app":"bench"}},"data":{"""
        + string.Join(',', Enumerable.Range(0, 8).Select(at => $"\"key-{at}\":\"{new string('x', 110)}\"")) + "}}";

    private const string Deployment = """
        {"metadata":{"name":"bench","namespace":"default","labels":{"app":"bench"}},
         "spec":{"replicas":3,"selector":{"matchLabels":{"app":"bench"}},
          "template":{"metadata":{"labels":{"app":"bench"}},"spec":{"containers":[
           {"name":"main","image":"registry.example/app:1","args":["--listen=:8080"],
            "ports":[{"containerPort":8080,"name":"http"},{"containerPort":9090,"name":"metrics"}],
            "env":[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"C","value":"3"}],
            "resources":{"limits":{"cpu":"1","memory":"256Mi"},"requests":{"cpu":"100m"}},
            "readinessProbe":{"httpGet":{"path":"/ready","port":"http"}},
            "volumeMounts":[{"name":"config","mountPath":"/etc/app"}]}],
           "volumes":[{"name":"config","configMap":{"name":"app"}}]} } } }
        """;
}
