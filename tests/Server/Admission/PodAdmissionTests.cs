using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Admission;
using Edge.Server.Store;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Admission;

/// <summary>What a pod is given before it is stored, by whichever way it comes.</summary>
public sealed class PodAdmissionTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;

    public PodAdmissionTests() => _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid-1");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public void A_template_becomes_a_whole_pod()
    {
        var pod = Pod();
        Assert.Null(Admission().Make(pod, "ns", DateTimeOffset.UnixEpoch));

        Assert.Equal("v1 Pod", $"{pod["apiVersion"]} {pod["kind"]}");
        Assert.Equal("""
            {"name":"web-1","namespace":"ns","uid":"uid-1","creationTimestamp":"1970-01-01T00:00:00Z","generation":1}
            """, pod["metadata"]!.ToJsonString());
        var spec = pod["spec"]!;
        Assert.Equal("default default 0 PreemptLowerPriority Always", $"{spec["serviceAccountName"]} "
            + $"{spec["serviceAccount"]} {spec["priority"]} {spec["preemptionPolicy"]} {spec["restartPolicy"]}");
        Assert.Equal("""{"phase":"Pending","qosClass":"BestEffort"}""", pod["status"]!.ToJsonString());
        Assert.Null(spec["tolerations"]);
        Assert.Null(spec["priorityClassName"]);
    }

    [Fact]
    public void A_template_that_makes_no_valid_pod_says_why()
    {
        var pod = Pod();
        pod["metadata"]!["name"] = "not_a_name";
        Assert.StartsWith("Pod \"not_a_name\" is invalid: metadata.name: Invalid value: \"not_a_name\": a lowercase",
            Admission().Make(pod, "ns", DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task A_class_gives_its_priority_and_policy()
    {
        await Class("high", 1000, policy: "Never");
        var pod = Pod(""","priorityClassName":"high" """);
        Assert.Null(Admission().Complete(pod));
        Assert.Equal("1000 Never", $"{pod["spec"]!["priority"]} {pod["spec"]!["preemptionPolicy"]}");
    }

    [Fact]
    public async Task The_global_default_is_the_class_of_pods_that_name_none()
    {
        await Class("usual", 7, isDefault: true);
        await Class("other", 9);
        var pod = Pod();
        Assert.Null(Admission().Complete(pod));
        Assert.Equal("usual 7", $"{pod["spec"]!["priorityClassName"]} {pod["spec"]!["priority"]}");
    }

    [Fact]
    public async Task What_the_class_does_not_say_is_refused()
    {
        await Class("high", 1000);
        Assert.Equal("no PriorityClass with name none was found",
            Admission().Complete(Pod(""","priorityClassName":"none" """)));
        Assert.Equal("pods \"web-1\" is forbidden: no PriorityClass with name none was found",
            Admission().Make(Pod(""","priorityClassName":"none" """), "ns", DateTimeOffset.UnixEpoch));
        Assert.Equal("the integer value of priority (5) must not be provided in pod spec; priority admission "
            + "controller computed 1000 from the given PriorityClass name",
            Admission().Complete(Pod(""","priorityClassName":"high","priority":5""")));
        Assert.Equal("the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority "
            + "admission controller computed PreemptLowerPriority from the given PriorityClass name",
            Admission().Complete(Pod(""","priorityClassName":"high","preemptionPolicy":"Never" """)));
    }

    [Fact]
    public void Default_tolerations_are_added_where_the_pod_has_none_of_its_own()
    {
        var admission = Admission(new DefaultTolerations(300, 60));
        var pod = Pod();
        Assert.Null(admission.Complete(pod));
        Assert.Equal("""
            [{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},
            {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}]
            """.Replace("\n", ""), pod["spec"]!["tolerations"]!.ToJsonString());

        var own = Pod(""","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists"}]""");
        Assert.Null(admission.Complete(own));
        Assert.Equal(2, own["spec"]!["tolerations"]!.AsArray().Count);
        var every = Pod(""","tolerations":[{"operator":"Exists"}]""");
        Assert.Null(admission.Complete(every));
        Assert.Single(every["spec"]!["tolerations"]!.AsArray());
    }

    [Fact]
    public void A_pod_that_asks_for_devices_tolerates_the_taint_that_keeps_their_nodes_for_it()
    {
        var pod = Pod(""","initContainers":[{"name":"i","resources":{"requests":{"vendor.example/b":"1"}}}]""");
        pod["spec"]!["containers"]![0]!["resources"] =
            JsonNode.Parse("""{"limits":{"nvidia.com/gpu":"1","cpu":"1","kubernetes.io/batch-cpu":"1"} }""");
        Assert.Null(Admission().Complete(pod));
        Assert.Equal("""
            [{"key":"nvidia.com/gpu","operator":"Exists"},{"key":"vendor.example/b","operator":"Exists"}]
            """, pod["spec"]!["tolerations"]!.ToJsonString());

        var again = pod.DeepClone().AsObject();
        Admission().Keep(pod, again);
        Assert.True(JsonNode.DeepEquals(pod, again), again.ToJsonString());
    }

    [Fact]
    public void A_manifest_that_named_nothing_of_it_can_replace_the_pod()
    {
        var admission = Admission(new DefaultTolerations(300, null));
        var stored = Pod();
        Assert.Null(admission.Complete(stored));
        var next = Pod();
        admission.Keep(stored, next);
        Assert.True(JsonNode.DeepEquals(stored["spec"], next["spec"]), next.ToJsonString());
    }

    [Theory]
    [InlineData("nvidia")]
    [InlineData("nvidia-legacy")]
    public void NVIDIAs_runtime_class_is_there_without_an_object(string name)
    {
        var pod = Pod($$""","runtimeClassName":"{{name}}" """);
        Assert.Null(Admission().Complete(pod));
        Assert.Equal(name, pod["spec"]!["runtimeClassName"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_runtime_class_gives_its_overhead_nodes_and_tolerations()
    {
        await Runtime("gpu", """
            "handler":"nvidia","overhead":{"podFixed":{"memory":"64Mi"}},"scheduling":{"nodeSelector":{"gpu":"yes"},
            "tolerations":[{"key":"nvidia.com/gpu","operator":"Exists"},{"key":"site"}]}
            """);
        var pod = Pod("""
            ,"runtimeClassName":"gpu","tolerations":[{"key":"site"}]
            """);
        Assert.Null(Admission().Complete(pod));
        var spec = pod["spec"]!;
        Assert.Equal("""{"memory":"64Mi"} {"gpu":"yes"}""", $"{spec["overhead"]!.ToJsonString()} "
            + $"{spec["nodeSelector"]!.ToJsonString()}");
        Assert.Equal("""[{"key":"site"},{"key":"nvidia.com/gpu","operator":"Exists"}]""",
            spec["tolerations"]!.ToJsonString());
        Assert.Null(Admission().Complete(Pod(""","runtimeClassName":"gpu","overhead":{"memory":"65536Ki"}""")));
    }

    [Fact]
    public async Task A_runtime_class_that_cannot_be_had_forbids_the_pod()
    {
        await Runtime("gpu", """
            "handler":"nvidia","overhead":{"podFixed":{"memory":"64Mi"}},"scheduling":{"nodeSelector":{"gpu":"yes"}}
            """);
        await Runtime("sandboxed", """ "handler":"kata" """);
        Assert.Equal("pod rejected: RuntimeClass \"gvisor\" not found",
            Admission().Complete(Pod(""","runtimeClassName":"gvisor" """)));
        Assert.Equal("pod rejected: RuntimeClass \"sandboxed\": no node has a runtime for its handler \"kata\"",
            Admission().Complete(Pod(""","runtimeClassName":"sandboxed" """)));
        Assert.Equal("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
            Admission().Complete(Pod(""","runtimeClassName":"gpu","overhead":{"memory":"1Mi"}""")));
        Assert.Equal("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
            Admission().Complete(Pod(""","overhead":{"memory":"1Mi"}""")));
        Assert.Equal(
            "conflict: runtimeClass.scheduling.nodeSelector[gpu] = yes; pod.spec.nodeSelector[gpu] = no",
            Admission().Complete(Pod(""","runtimeClassName":"gpu","nodeSelector":{"gpu":"no"}""")));
    }

    private async Task Runtime(string name, string said) => await _fixture.Store.Txn(
        [],
        [
            StoreOp.Put(
                StoreKeys.For("node.k8s.io", "runtimeclasses", null, name),
                Encoding.UTF8.GetBytes($$"""{"metadata":{"name":"{{name}}"},{{said}}}""")),
        ],
        default);

    private PodAdmission Admission(DefaultTolerations? tolerations = null) =>
        new(_objects, tolerations ?? DefaultTolerations.None);

    private async Task Class(
        string name, int value, bool? isDefault = null, string policy = "PreemptLowerPriority") =>
        await _objects.Create(Resources.PriorityClasses, new PriorityClass
        {
            Metadata = new ObjectMeta { Name = name }, Value = value, GlobalDefault = isDefault,
            PreemptionPolicy = policy,
        }, default);

    private static JsonObject Pod(string more = "") => JsonNode.Parse($$$"""
        {"metadata":{"name":"web-1"},"spec":{"containers":[{"name":"c","image":"i"}]{{{more}}}}}
        """)!.AsObject();
}
