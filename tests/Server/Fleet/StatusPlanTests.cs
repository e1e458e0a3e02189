using System.Text.Json.Nodes;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Fleet;
using Google.Protobuf;

namespace Edge.Tests.Server.Fleet;

/// <summary>What a node's word changes in the stored objects, and what it never does.</summary>
public sealed class StatusPlanTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly LastContact _contact = new(_now.AddMinutes(-1), IsExact: true);

    [Theory]
    [InlineData("kubernetes.io/hostname", true)]
    [InlineData("kubernetes.io/arch", true)]
    [InlineData("node.kubernetes.io/instance-type", true)]
    [InlineData("topology.kubernetes.io/zone", true)]
    [InlineData("edge/model", true)]
    [InlineData("nvidia.com/gpu.product", true)]
    [InlineData("nvidia.com/cuda.driver-version.full", true)]
    [InlineData("nvidia.com/mig-1g.10gb.count", true)]
    [InlineData("nvidia.com/gpu.deploy.driver", false)]
    [InlineData("nvidia.com/device-plugin.config", false)]
    [InlineData("zone", false)]
    [InlineData("node-role.kubernetes.io/control-plane", false)]
    [InlineData("node-restriction.kubernetes.io/trusted", false)]
    [InlineData("edge.example/model", false)]
    [InlineData("xtopology.kubernetes.io/zone", false)]
    public void A_node_names_only_harmless_labels(string label, bool allowed) =>
        Assert.Equal(allowed, ReportScope.AllowsLabel(label));

    [Theory]
    [InlineData("u1", "n1", null)]
    [InlineData("u2", "n1", "the pod of that name is another one")]
    [InlineData("u1", "n2", "the pod is not bound to this node")]
    public void A_node_speaks_only_of_its_own_pods(string uid, string node, string? refusal)
    {
        var pod = Tree("""{"metadata":{"uid":"u1"},"spec":{"nodeName":"n1"}}""");
        Assert.Equal(refusal, PodStatusPlan.Refusal(pod, uid, node));
    }

    [Fact]
    public void A_pod_without_a_node_is_nobodys() =>
        Assert.NotNull(PodStatusPlan.Refusal(Tree("""{"metadata":{"uid":"u1"},"spec":{}}"""), "u1", "n1"));

    [Fact]
    public void A_reported_status_keeps_the_schedulers_condition_and_the_qos_class()
    {
        var pod = Tree("""
            {"spec":{"nodeName":"n1"},"status":{"phase":"Pending","qosClass":"Burstable","message":"old",
             "conditions":[{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"False"}]}}
            """);
        var after = PodStatusPlan.Apply(pod, Tree("""
            {"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}
            """));
        Same("""
            {"spec":{"nodeName":"n1"},"status":{"phase":"Running","qosClass":"Burstable",
             "conditions":[{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"True"}]}}
            """, after);
    }

    [Theory]
    [InlineData("Succeeded", "Running", "Succeeded")]
    [InlineData("Failed", "Succeeded", "Failed")]
    [InlineData("Failed", "Failed", "Failed")]
    [InlineData("Running", "Failed", "Failed")]
    public void A_final_phase_stays(string stored, string reported, string after)
    {
        var pod = new JsonObject { ["status"] = new JsonObject { ["phase"] = stored } };
        PodStatusPlan.Apply(pod, new JsonObject { ["phase"] = reported });
        Assert.Equal(after, pod["status"]!["phase"]!.ToString());
    }

    /// <summary>After a restore the device may have a newer key than the store knows.</summary>
    [Fact]
    public void A_hello_writes_the_key_that_is_served_unless_it_is_known_or_not_said()
    {
        var (key, other) = (new string('a', 64), new string('b', 64));
        var node = Tree($$$"""{"metadata":{"name":"n1","annotations":{"edge/public-key-sha256":"{{{key}}}"} } }""");
        Assert.Null(NodeStatusPlan.Greeted(node, new Hello(), _now));
        Assert.Null(NodeStatusPlan.Greeted(node, Of(key), _now));
        Assert.Equal(other, NodeKey.Of(NodeStatusPlan.Greeted(node, Of(other), _now)!));
        Assert.Equal(key, NodeKey.Of(NodeStatusPlan.Greeted(Tree("""{"metadata":{"name":"n1"}}"""), Of(key), _now)!));

        static Hello Of(string hash) => new() { Key = ByteString.CopyFrom(Convert.FromHexString(hash)) };
    }

    [Fact]
    public void A_node_report_changes_status_and_allowed_labels_and_nothing_else()
    {
        var node = Tree("""
            {"metadata":{"name":"n1","labels":{"mine":"1"},"annotations":{"edge/public-key-sha256":"k"}},
             "spec":{"taints":[{"key":"a"}]},"status":{"images":[{"names":["x"]}],"phase":"p"}}
            """);
        var after = NodeStatusPlan.Connected(node, Tree("""
            {"labels":{"edge/model":"m","mine":"2","dedicated":"press"},"metadata":{"annotations":{"x":"y"}},
             "spec":{"taints":[]},"status":{"capacity":{"cpu":"4"},"images":[],"volumesAttached":[{}]}}
            """), _now);
        Same("""
            {"metadata":{"name":"n1","labels":{"mine":"1","edge/model":"m"},
             "annotations":{"edge/public-key-sha256":"k"}},"spec":{"taints":[{"key":"a"}]},
             "status":{"capacity":{"cpu":"4"},"images":[{"names":["x"]}],"phase":"p","conditions":[]}}
            """, after);
    }

    [Theory]
    [InlineData("edge/model", "m-1", true)]
    [InlineData("topology.kubernetes.io/zone", "", true)]
    [InlineData("edge/", "m", false)]
    [InlineData("edge/a/b", "m", false)]
    [InlineData("edge/-a", "m", false)]
    [InlineData("topology.kubernetes.io/a b", "m", false)]
    [InlineData("edge/model", "not a label", false)]
    [InlineData("edge/model", "0123456789012345678901234567890123456789012345678901234567890123", false)]
    public void A_label_that_the_API_would_refuse_is_dropped(string key, string value, bool taken)
    {
        var node = Tree("""{"metadata":{"name":"n1"}}""");
        NodeStatusPlan.Connected(node, new JsonObject { ["labels"] = new JsonObject { [key] = value } }, _now);
        Assert.Equal(taken ? value : null, (string?)node["metadata"]!["labels"]![key]);
    }

    [Fact]
    public void A_label_of_GPUs_goes_with_them_and_a_persons_stays()
    {
        var node = Tree("""
            {"metadata":{"name":"n1","labels":{"nvidia.com/gpu.product":"T4","nvidia.com/gpu.count":"2",
             "edge/model":"m","nvidia.com/gpu.deploy.driver":"false"}}}
            """);
        NodeStatusPlan.Connected(node, Tree("""{"labels":{"nvidia.com/gpu.count":"1"}}"""), _now);
        Same("""
            {"metadata":{"name":"n1","labels":{"nvidia.com/gpu.count":"1","edge/model":"m",
             "nvidia.com/gpu.deploy.driver":"false"}}}
            """, node);
    }

    [Fact]
    public void A_nodes_GPUs_are_an_annotation_without_their_readings_until_there_are_none()
    {
        var node = Tree("""{"metadata":{"name":"n1","annotations":{"mine":"1"}}}""");
        var gpus = new GpuInventory
        {
            Devices = [new GpuDevice { Uuid = "GPU-a", Unhealthy = "XID 79", Readings = new GpuReadings { Load = 5 } }],
        };
        NodeGpusPlan.Annotate(node, gpus);
        Assert.Equal(
            """{"devices":[{"uuid":"GPU-a","index":0,"unhealthy":"XID 79"}]}""",
            (string?)node["metadata"]!["annotations"]!["edge/gpus"]);

        NodeGpusPlan.Annotate(node, GpuInventory.None);
        Same("""{"metadata":{"name":"n1","annotations":{"mine":"1"}}}""", node);
    }

    [Fact]
    public void A_nodes_GPUs_are_a_line_each_that_a_person_sees_whole()
    {
        var gpus = new GpuInventory
        {
            Driver = "550.54.15", Cuda = "12.4",
            Devices =
            [
                new GpuDevice { Uuid = "GPU-a", Product = "Tesla T4", MemoryBytes = 15360L << 20, Shares = 4 },
                new GpuDevice
                {
                    Uuid = "GPU-b", Index = 1, Product = "NVIDIA A30", MemoryBytes = 24576L << 20, MigEnabled = true,
                    Instances =
                        [new() { Profile = "2g.12gb" }, new() { Profile = "1g.6gb" }, new() { Profile = "1g.6gb" }],
                    Unhealthy = "XID 79",
                },
                new GpuDevice { Uuid = "tegra", Index = 2, Unhealthy = "no\n" + new string('x', 200) },
            ],
        };
        var list = (string?)NodeGpusPlan.Annotate([], gpus)["metadata"]!["annotations"]!["edge/gpu-list"];
        var lines = list!.Split('\n');
        Assert.Equal(
            [
                "driver 550.54.15, CUDA 12.4",
                "0 GPU-a: healthy, Tesla T4, 15360 MiB, 4 shares",
                "1 GPU-b: UNHEALTHY, NVIDIA A30, 24576 MiB, MIG 2 x 1g.6gb, MIG 1 x 2g.12gb, XID 79",
            ],
            lines[..3]);
        Assert.StartsWith("2 tegra: UNHEALTHY, no xxx", lines[3], StringComparison.Ordinal);
        Assert.Equal((4, 138), (lines.Length, lines[3].Length));
    }

    [Fact]
    public void A_taint_is_given_once_and_whoever_takes_it_away_is_not_fought()
    {
        var taint = new Taint { Key = "nvidia.com/gpu", Value = "present", Effect = "NoSchedule" };
        var gpus = new GpuInventory { Devices = [new GpuDevice { Uuid = "GPU-a" }] };
        var node = Tree("""{"metadata":{"name":"n1"},"spec":{"taints":[{"key":"mine","effect":"NoSchedule"}]}}""");

        NodeGpusPlan.Annotate(node, GpuInventory.None, taint);
        Same(
            """{"metadata":{"name":"n1"},"spec":{"taints":[{"key":"mine","effect":"NoSchedule"}]}}""", node);

        NodeGpusPlan.Annotate(node, gpus, taint);
        Same("""
            [{"key":"mine","effect":"NoSchedule"},{"effect":"NoSchedule","key":"nvidia.com/gpu","value":"present"}]
            """, node["spec"]!["taints"]!);

        node["spec"]!.AsObject().Remove("taints");
        NodeGpusPlan.Annotate(node, GpuInventory.None, taint);
        NodeGpusPlan.Annotate(node, gpus, taint);
        Assert.Null(node["spec"]!["taints"]);

        var tainted = Tree("""{"spec":{"taints":[{"key":"nvidia.com/gpu","effect":"NoSchedule"}]}}""");
        Assert.Single(NodeGpusPlan.Annotate(tainted, gpus, taint)["spec"]!["taints"]!.AsArray());
    }

    [Fact]
    public void Of_many_images_the_first_fifty_are_stored()
    {
        var images = new JsonArray([.. Enumerable.Range(0, 60).Select(
            number => new JsonObject { ["names"] = new JsonArray($"image:{number}") })]);
        var stored = NodeStatusPlan.Images([], images)["status"]!["images"]!.AsArray();
        Assert.Equal(50, stored.Count);
        Assert.Equal("image:49", (string?)stored[^1]!["names"]![0]);
    }

    [Fact]
    public void A_cut_text_ends_with_a_whole_character()
    {
        Assert.Equal("", ReportScope.Cut(null));
        Assert.Equal(new string('a', 128), ReportScope.Cut(new string('a', 129)));
        Assert.Equal(new string('a', 127), ReportScope.Cut(new string('a', 127) + "\U0001F600"));
    }

    [Fact]
    public void A_transition_time_moves_only_with_its_status()
    {
        var node = Tree("""
            {"status":{"conditions":[
             {"type":"Ready","status":"True","lastTransitionTime":"2025-01-01T00:00:00Z"},
             {"type":"DiskPressure","status":"False","lastTransitionTime":"2025-01-01T00:00:00Z"}]}}
            """);
        NodeStatusPlan.Connected(node, Tree("""
            {"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"DiskPressure","status":"True"}]}}
            """), _now);
        Same("""
            [{"type":"Ready","status":"True","lastTransitionTime":"2025-01-01T00:00:00Z",
              "lastHeartbeatTime":"2026-01-01T12:00:00Z"},
             {"type":"DiskPressure","status":"True","lastTransitionTime":"2026-01-01T12:00:00Z",
              "lastHeartbeatTime":"2026-01-01T12:00:00Z"}]
            """, node["status"]!["conditions"]);
    }

    [Fact]
    public void A_silent_node_becomes_unknown_and_keeps_its_capacity()
    {
        var node = Silent();
        var conditions = NodeStatusPlan.Unknown(node, _contact, _now)["status"]!["conditions"]!.AsArray();
        Assert.Equal("4", node["status"]!["capacity"]!["cpu"]!.ToString());
        Assert.Equal(4, conditions.Count);
        Assert.All(conditions, condition => Assert.Equal("Unknown", condition!["status"]!.ToString()));
        Same("""
            {"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown",
             "message":"Kubelet stopped posting node status. Last contact at 2026-01-01T11:59:00Z.",
             "lastHeartbeatTime":"2026-01-01T11:59:00Z",
             "lastTransitionTime":"2026-01-01T12:00:00Z"}
            """, conditions.Single(condition => condition!["type"]!.ToString() == "Ready"));
    }

    [Fact]
    public void A_node_that_is_unknown_already_does_not_change_again()
    {
        var first = NodeStatusPlan.Unknown(Silent(), _contact, _now);
        var later = new LastContact(_now.AddMinutes(30), IsExact: false);
        Same(first.ToJsonString(), NodeStatusPlan.Unknown(first.DeepClone().AsObject(), later, _now.AddHours(1)));
    }

    [Fact]
    public void What_a_node_spent_stands_in_annotations_and_nowhere_else()
    {
        var node = Tree("""{"metadata":{"name":"n1","annotations":{"mine":"1"}},"status":{"phase":"p"}}""");
        var spent = new NodeBudgets
        {
            Seconds = 90_000,
            Items =
            [
                new SpentBytes { Way = SpentBytes.Sent, Feature = "session", Bytes = 12 },
                new SpentBytes { Way = SpentBytes.Written, Feature = "ledger", Bytes = 4120 },
                new SpentBytes { Way = SpentBytes.Sent, Feature = "events", Bytes = 0 },
            ],
        };
        Same("""
            {"metadata":{"name":"n1","annotations":{"mine":"1",
              "edge/bytes-counted":"over 25h, told at 2026-01-01T12:00:00Z","edge/bytes-sent":"session=12 events=0",
              "edge/bytes-received":"","edge/bytes-fetched":"","edge/bytes-written":"ledger=4120"}},
             "status":{"phase":"p"}}
            """, NodeBudgetsPlan.Annotate(node, spent, _now));
    }

    private static JsonObject Silent() => Tree("""
        {"status":{"capacity":{"cpu":"4"},"conditions":[
         {"type":"Ready","status":"True","lastHeartbeatTime":"2025-06-01T00:00:00Z",
          "lastTransitionTime":"2025-01-01T00:00:00Z"}]}}
        """);

    private static JsonObject Tree(string json) => JsonNode.Parse(json)!.AsObject();

    private static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());
}
