using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Fleet;
using Edge.Server.Store;

namespace Edge.Tests.Server.Fleet;

/// <summary>Which objects a node gets, and which bytes.</summary>
public sealed class DesiredPlanTests
{
    private const string Spec = """
        {"nodeName":"n1","serviceAccountName":"robot","imagePullSecrets":[{"name":"pull"}],
         "containers":[
          {"name":"a","env":[{"name":"X","valueFrom":{"configMapKeyRef":{"name":"env","key":"x"}}},
                             {"name":"Y","valueFrom":{"secretKeyRef":{"name":"key","key":"y"}}},
                             {"name":"Z","value":"plain"}],
           "envFrom":[{"configMapRef":{"name":"all"}},{"secretRef":{"name":"whole"}}]},
          {"name":"b","env":[{"name":"X","valueFrom":{"configMapKeyRef":{"name":"env","key":"z"}}}]}],
         "initContainers":[{"name":"i","envFrom":[{"configMapRef":{"name":"first"}}]}],
         "volumes":[{"name":"v","configMap":{"name":"env"}},{"name":"w","secret":{"secretName":"tls"}},
          {"name":"p","projected":{"sources":[{"configMap":{"name":"ca"}},{"secret":{"name":"token"}}]}}]}
        """;

    private static readonly string[] _references =
    [
        "configmaps/ns/all", "configmaps/ns/ca", "configmaps/ns/env", "configmaps/ns/first", "secrets/ns/key",
        "secrets/ns/pull", "secrets/ns/tls", "secrets/ns/token", "secrets/ns/whole", "serviceaccounts/ns/robot",
    ];

    private static readonly Node _node = new()
    {
        Metadata = new ObjectMeta { Name = "n1" }, Spec = new NodeSpec { PodCIDR = "10.64.0.0/24" },
    };

    [Fact]
    public void A_node_gets_itself_its_pods_and_each_object_they_refer_to_once()
    {
        var pods = new[] { Pod("u1", Spec), Pod("u2", Spec) };
        var entries = DesiredPlan.Of(_node, pods, key => Stored(key, """{"data":{}}"""));
        string[] expected = ["node", "pods/u1", "pods/u2", .. _references];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal), entries.Select(entry => entry.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_absent_is_left_out()
    {
        var entries = DesiredPlan.Of(_node, [Pod("u1", Spec)], _ => null);
        Assert.Equal(["node", "pods/u1"], entries.Select(entry => entry.Key));
    }

    [Fact]
    public void A_pod_without_a_node_is_nobodys() =>
        Assert.Null(DesiredPlan.Pod(Stored(
            "/registry/core/pods/ns/web", """{"metadata":{"uid":"u1"},"spec":{"containers":[]}}""")));

    [Fact]
    public void A_status_and_bookkeeping_change_no_byte()
    {
        const string plain = """{"metadata":{"name":"w","namespace":"ns","uid":"u"},"spec":{"nodeName":"n1"}}""";
        const string told = """
            {"metadata":{"name":"w","namespace":"ns","uid":"u","resourceVersion":"7","managedFields":[{}]},
             "spec":{"nodeName":"n1"},"status":{"phase":"Running"}}
            """;
        var first = DesiredPlan.Pod(Stored("/registry/core/pods/ns/w", plain))!;
        var second = DesiredPlan.Pod(Stored("/registry/core/pods/ns/w", told) with { Revision = 9 })!;
        Assert.Equal(Encoding.UTF8.GetString(first.Entry.Value.Span), Encoding.UTF8.GetString(second.Entry.Value.Span));
    }

    [Fact]
    public void Labels_in_another_order_are_the_same_bytes()
    {
        var left = Settings(new() { ["a"] = "1", ["b"] = "2" });
        Assert.Equal(left, Settings(new() { ["b"] = "2", ["a"] = "1" }));
        Assert.Contains("10.64.0.0/24", left);
    }

    [Fact]
    public void Pods_with_a_lease_that_may_not_begin_are_named_and_others_are_not()
    {
        const string lease = "{\"nodeName\":\"n1\",\"containers\":[],\"terminationGracePeriodSeconds\":7,"
            + "\"tolerations\":[{\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":60}]}";
        DesiredPod[] pods = [Pod("u2", lease), Pod("u1", lease), Pod("u3", Spec)];
        Assert.Equal(new PodLease(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(7)), pods[0].Lease);
        var node = DesiredPlan.Of(_node, pods, _ => null, _ => true)[0];
        Assert.Equal("node", node.Key);
        Assert.Contains("[\"u1\",\"u2\"]", Encoding.UTF8.GetString(node.Value.Span));
        Assert.DoesNotContain("eldBack", Encoding.UTF8.GetString(DesiredPlan.Of(_node, pods, _ => null)[0].Value.Span));
    }

    private static string Settings(Dictionary<string, string> labels)
    {
        var node = _node with { Metadata = new ObjectMeta { Name = "n1", Labels = labels } };
        return Encoding.UTF8.GetString(Assert.Single(DesiredPlan.Of(node, [], _ => null)).Value.Span);
    }

    private static DesiredPod Pod(string uid, string spec)
    {
        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "web-" + uid, ["namespace"] = "ns", ["uid"] = uid },
            ["spec"] = JsonNode.Parse(spec),
        };
        return DesiredPlan.Pod(Stored("/registry/core/pods/ns/web-" + uid, pod.ToJsonString()))!;
    }

    private static StoredObject Stored(string key, string json) => new(key, 1, Encoding.UTF8.GetBytes(json));
}
