using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schedule;
using Edge.Server.Schema.Bodies;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Schedule;

/// <summary>A refused pod wakes for what could help it, and for nothing else.</summary>
public sealed class WakeHintsTests
{
    private const string Web = "metadata: {name: web, labels: {app: web}}";
    private const string Full = "resources: {requests: {cpu: '4'}}";

    private readonly ClusterState _cluster = new();
    private readonly PendingPods _pending = new();
    private readonly ClusterFeed _feed;

    public WakeHintsTests() => _feed = new ClusterFeed(_cluster, _pending, NullLogger.Instance);

    [Fact]
    public void A_pod_that_lacks_room_wakes_when_one_leaves()
    {
        Node("n1", "");
        Placed("big", "n1", "", Full);
        Refused(Web, "", Full);
        Node("n1", "labels: {a: b}");
        AssertSleeps();
        Gone("big");
        AssertWakes();
    }

    [Fact]
    public void A_pod_that_lacks_room_does_not_wake_for_a_node_too_small_for_it()
    {
        Node("n1", "");
        Refused(Web, "", "resources: {requests: {cpu: '6'}}");
        Node("n2", "");
        AssertSleeps();
        Node("n3", "", cpu: 8);
        AssertWakes();
    }

    [Fact]
    public void A_pod_that_lacks_room_does_not_wake_for_taints()
    {
        Node("n1", "", taint: true);
        Node("n2", "");
        Placed("big", "n2", "", Full);
        Refused(Web, "tolerations: [{operator: Exists}],", "resources: {requests: {cpu: '6'}}");
        Node("n1", "");
        AssertSleeps();
    }

    [Fact]
    public void A_pod_that_no_taint_lets_in_wakes_when_the_taint_goes()
    {
        Node("n1", "", taint: true);
        Refused(Web, "", "");
        Placed("other", "n1", "", "");
        Gone("other");
        AssertSleeps();
        Node("n1", "");
        AssertWakes();
    }

    [Fact]
    public void A_pod_with_node_affinity_wakes_for_the_label_it_needs()
    {
        Node("n1", "");
        Refused(Web, "nodeSelector: {zone: a},", "");
        Node("n1", "labels: {zone: b}");
        AssertSleeps();
        Node("n1", "labels: {zone: a}");
        AssertWakes();
    }

    [Fact]
    public void A_pod_with_affinity_wakes_for_the_pods_it_wants_to_be_near()
    {
        Node("n1", "labels: {zone: a}");
        Refused(Web, Affinity("podAffinity", "db"), "");
        Placed("other", "n1", "labels: {app: other}", "");
        AssertSleeps();
        Placed("db", "n1", "labels: {app: db}", "");
        AssertWakes();
    }

    [Fact]
    public void A_pod_with_anti_affinity_wakes_when_the_pods_it_avoids_leave()
    {
        Node("n1", "labels: {zone: a}");
        Placed("other", "n1", "labels: {app: other}", "");
        Placed("db", "n1", "labels: {app: db}", "");
        Refused(Web, Affinity("podAntiAffinity", "db"), "");
        Gone("other");
        AssertSleeps();
        Gone("db");
        AssertWakes();
    }

    [Fact]
    public void A_pod_that_others_avoid_wakes_when_they_leave()
    {
        Node("n1", "labels: {zone: a}");
        Placed("lonely", "n1", "", "", Affinity("podAntiAffinity", "web"));
        Refused(Web, "", "");
        Gone("lonely");
        AssertWakes();
    }

    [Fact]
    public void A_pod_that_spreads_wakes_for_pods_and_domains_that_count()
    {
        const string spread = "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, "
            + "whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}],";
        Node("n1", "");
        Refused(Web, spread, "");
        Placed("other", "n1", "labels: {app: other}", "");
        Node("n2", "labels: {rack: a}");
        AssertSleeps();
        Node("n3", "labels: {zone: a}");
        AssertWakes();
    }

    [Fact]
    public void A_pod_that_waits_for_a_host_port_wakes_when_it_is_free()
    {
        const string port = "ports: [{containerPort: 80, hostPort: 80}]";
        Node("n1", "");
        Placed("first", "n1", "", port);
        Placed("other", "n1", "", "");
        Refused(Web, "", port);
        Gone("other");
        AssertSleeps();
        Gone("first");
        AssertWakes();
    }

    private static string Affinity(string kind, string app) => $"affinity: {{{kind}: "
        + "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: "
        + $"{{matchLabels: {{app: {app}}}}}}}]}}}},";

    private void Node(string name, string labels, bool taint = false, int cpu = 4) => _feed.ChangeNode(Put(
        Resources.Nodes.KeyOf(null, name),
        $$"""
        metadata: {name: {{name}}, {{labels}}}
        spec: {taints: [{{(taint ? "{key: t, effect: NoSchedule}" : "")}}]}
        status: {allocatable: {cpu: "{{cpu}}", memory: 8Gi, pods: "9"}, conditions: [{type: Ready, status: "True"}]}
        """));

    private void Placed(string name, string node, string labels, string container, string spec = "") =>
        _feed.ChangePod(Put(Resources.Pods.KeyOf("ns", name), $$"""
            metadata: {name: {{name}}, namespace: ns, uid: {{name}}, {{labels}}}
            spec: {nodeName: {{node}}, {{spec}} containers: [{name: c, image: i, {{container}}}]}
            """));

    private void Gone(string name) => _feed.ChangePod(new Change(
        ChangeType.Delete, new StoredObject(Resources.Pods.KeyOf("ns", name), 1, "{}"u8.ToArray()), null));

    private void Refused(string metadata, string spec, string container)
    {
        _feed.ChangePod(Put(Resources.Pods.KeyOf("ns", "web"), $$"""
            {{metadata.TrimEnd('}')}}}, namespace: ns, uid: u}
            spec: { {{spec}} containers: [{name: c, image: i, {{container}}}]}
            """));
        var pod = _pending.Take()!;
        var outcome = new Placement(_cluster).Decide(pod, 0);
        _pending.Rest(pod.Key, Assert.IsType<PlacementOutcome.Unplaceable>(outcome).By, TimeSpan.Zero);
    }

    private void AssertSleeps() => Assert.Equal(TimeSpan.FromMinutes(5), _pending.NextDue);

    private void AssertWakes() => Assert.Equal(TimeSpan.FromSeconds(1), _pending.NextDue);

    private static Change Put(string key, string yaml)
    {
        var (tree, _) = YamlTreeReader.Read(Encoding.UTF8.GetBytes(yaml));
        var json = Encoding.UTF8.GetBytes(((JsonObject)tree!).ToJsonString());
        return new Change(ChangeType.Put, new StoredObject(key, 1, json), null);
    }
}
