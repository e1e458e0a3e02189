using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control;

/// <summary>StatefulSets over a real store, from their making to their end.</summary>
public sealed class StatefulSetTests : IAsyncLifetime
{
    /// <summary>As Kubernetes' documentation writes it (concepts/workloads/controllers/statefulset).</summary>
    private static readonly string _manifest = Documentation.Read("statefulset");

    private ControlCase _case = null!;
    private SimFleet _fleet = null!;

    private Objects Objects => _case.World.Objects;

    private StatefulSet Set => Objects.Get(Resources.StatefulSets, "default", "web")!;

    public async Task InitializeAsync()
    {
        _case = await ControlCase.Empty();
        _fleet = new SimFleet(_case.World);
        foreach (var node in new[] { "n0", "n1", "n2" })
        {
            await _fleet.AddNode(node);
        }

        await _case.Apply(_manifest);
    }

    public async Task DisposeAsync() => await _case.DisposeAsync();

    [Fact]
    public async Task The_documentation_s_set_comes_up_in_order_with_its_claims()
    {
        await Sync();
        Assert.Equal(["web-0"], Names());
        await Sync();
        Assert.Equal(["web-0"], Names());
        await Settle();

        Assert.Equal(["web-0", "web-1", "web-2"], Names());
        Assert.Equal(
            ["www-web-0", "www-web-1", "www-web-2"],
            Objects.List(Resources.PersistentVolumeClaims).Select(claim => claim.Metadata.Name));
        var claim = Objects.Get(Resources.PersistentVolumeClaims, "default", "www-web-1")!;
        Assert.Equal("nginx", claim.Metadata.Labels!["app"]);
        Assert.Equal("my-storage-class", claim.Spec!.Value.GetProperty("storageClassName").GetString());
        Assert.Null(claim.Metadata.OwnerReferences);

        var pod = Objects.Get(Resources.Pods, "default", "web-1")!;
        Assert.Equal(("web-1", "nginx"), (pod.Spec.Hostname, pod.Spec.Subdomain));
        Assert.Equal("www-web-1", Assert.Single(pod.Spec.Volumes!).PersistentVolumeClaim!.ClaimName);
        Assert.Equal("1", pod.Metadata.Labels!["apps.kubernetes.io/pod-index"]);
        Assert.Equal("web-1", pod.Metadata.Labels["statefulset.kubernetes.io/pod-name"]);
        Assert.Equal(Set.Status!.UpdateRevision, pod.Metadata.Labels[TemplateRevision.Label]);
        Assert.Equal((3, 3, 3, 1), (
            Set.Status.Replicas, Set.Status.ReadyReplicas, Set.Status.AvailableReplicas,
            Set.Status.ObservedGeneration));
        Assert.Contains(
            "create Pod web-1 in StatefulSet web successful",
            Objects.List(Resources.Events).Select(told => told.Message));
        Assert.Contains(
            "create Claim www-web-1 Pod web-1 in StatefulSet web success",
            Objects.List(Resources.Events).Select(told => told.Message));
    }

    [Fact]
    public async Task An_update_goes_from_the_top_and_can_be_undone_by_its_revision()
    {
        await Settle();
        var first = Set.Status!.CurrentRevision;
        await SetImage("nginx:2");
        await Settle();

        var second = Set.Status!.CurrentRevision;
        Assert.NotEqual(first, second);
        Assert.Equal((second, 3), (Set.Status.UpdateRevision, Set.Status.UpdatedReplicas));
        Assert.Equal([(first, 1L), (second, 2L)], Revisions());

        // kubectl rollout undo sends the revision's data as a strategic merge patch.
        var patch = JsonObject.Create(
            Objects.Get(Resources.ControllerRevisions, "default", first!)!.Data!.Value)!["spec"]!["template"]!
            .DeepClone().AsObject();
        Assert.Equal("$patch", patch.First().Key);
        Assert.True(patch.Remove("$patch"));
        await Change(spec => spec["template"] = patch.DeepClone());
        await Settle();
        Assert.Equal([(second, 2L), (first, 3L)], Revisions());
        Assert.Equal((first, 3), (Set.Status!.CurrentRevision, Set.Status.UpdatedReplicas));
        Assert.All(_fleet.Pods, pod => Assert.Equal(first, pod.Labels[TemplateRevision.Label]));
    }

    [Fact]
    public async Task A_set_shrinks_and_grows_and_keeps_its_claims()
    {
        await Settle();
        await Change(spec => spec["replicas"] = 1);
        await Settle();
        Assert.Equal(["web-0"], Names());
        Assert.Equal(3, Objects.List(Resources.PersistentVolumeClaims).Count());
        await Change(spec => spec["replicas"] = 2);
        await Settle();
        Assert.Equal(["web-0", "web-1"], Names());
        Assert.Equal(2, Set.Status!.ReadyReplicas);
    }

    [Fact]
    public async Task A_claim_of_a_surplus_pod_goes_with_it_where_the_policy_says_so()
    {
        await Change(spec => spec["persistentVolumeClaimRetentionPolicy"] =
            new JsonObject { ["whenDeleted"] = "Delete", ["whenScaled"] = "Delete" });
        await Settle();
        var old = _fleet.Pods.First(pod => pod.Name == "web-2");
        await Change(spec => spec["replicas"] = 2);
        await Settle();
        Assert.Equal(("Pod", old.Uid), Owner("www-web-2"));
        Assert.Equal(("StatefulSet", Set.Metadata.Uid), Owner("www-web-1"));

        // Until the garbage collector has come, the claim of the earlier pod keeps a new one waiting.
        await Change(spec => spec["replicas"] = 3);
        await Settle();
        Assert.Equal(["web-0", "web-1"], Names());
        await Objects.Delete(Resources.PersistentVolumeClaims, "default", "www-web-2", null, default);
        await Settle();
        Assert.Equal(["web-0", "web-1", "web-2"], Names());
        Assert.Equal(("StatefulSet", Set.Metadata.Uid), Owner("www-web-2"));
    }

    [Fact]
    public async Task A_name_that_a_stranger_holds_is_told_and_tried_again()
    {
        await _case.Apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: web-0, labels: {app: other}}
            spec: {containers: [{name: main, image: busybox}]}
            """);
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(Sync);
        Assert.Equal("pods \"web-0\" already exists", refusal.Message);
        Assert.Contains(
            "create Pod web-0 in StatefulSet web failed error: pods \"web-0\" already exists",
            Objects.List(Resources.Events).Select(told => told.Message));
    }

    [Fact]
    public async Task A_template_that_admission_refuses_is_told()
    {
        await Change(spec => spec["template"]!["spec"]!["priorityClassName"] = "none");
        await Assert.ThrowsAsync<InvalidOperationException>(Sync);
        Assert.Contains(
            "create Pod web-0 in StatefulSet web failed error: pods \"web-0\" is forbidden: "
            + "no PriorityClass with name none was found",
            Objects.List(Resources.Events).Select(told => told.Message));
    }

    [Fact]
    public async Task A_revision_s_name_that_is_taken_is_made_another()
    {
        await Sync();
        var name = Set.Status!.UpdateRevision!;
        await Objects.Delete(Resources.ControllerRevisions, "default", name, null, default);
        await Objects.Create(Resources.ControllerRevisions, new ControllerRevision
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Labels = new Dictionary<string, string>() },
        }, default);
        await Sync();
        Assert.Equal(1, Set.Status!.CollisionCount);
        await Settle();
        Assert.NotEqual(name, Set.Status!.UpdateRevision);
        Assert.Equal(3, Set.Status.UpdatedReplicas);
    }

    [Fact]
    public async Task Pods_and_revisions_of_an_orphaned_set_are_taken_over_by_the_next()
    {
        await Settle();
        var (uids, revision) = (_fleet.Pods.Select(pod => pod.Uid).ToList(), Set.Status!.CurrentRevision);
        await Objects.Delete(Resources.StatefulSets, "default", "web", null, default);
        foreach (var pod in _fleet.Pods)
        {
            await Objects.Update(Resources.Pods, "default", pod.Name, Orphan, default);
            _case.World.Pods.Look(pod.Key);
        }

        await Objects.Update(Resources.ControllerRevisions, "default", revision!, Orphan, default);
        await _case.Apply(Documentation.Workload("statefulset")
            .Replace("name: web\nspec", "name: web\n  uid: another\nspec"));
        await Settle();
        Assert.Equal(uids, _fleet.Pods.Select(pod => pod.Uid));
        Assert.All(_fleet.Pods, pod => Assert.Equal("another", pod.Controller?.Uid));
        Assert.Equal(revision, Set.Status!.CurrentRevision);
        Assert.Single(Objects.List(Resources.ControllerRevisions));

        static JsonObject Orphan(JsonObject tree)
        {
            tree["metadata"]!.AsObject().Remove("ownerReferences");
            return tree;
        }
    }

    [Fact]
    public async Task A_set_of_any_size_is_made_in_parts()
    {
        await Change(spec => (spec["podManagementPolicy"], spec["replicas"]) = ("Parallel", int.MaxValue));
        await Sync();
        Assert.InRange(Names().Count, 200, 500);
    }

    private (string?, string?) Owner(string claim)
    {
        var owner = Objects.Get(Resources.PersistentVolumeClaims, "default", claim)!.Metadata.OwnerReferences?[0];
        return (owner?.Kind, owner?.Uid);
    }

    private List<(string?, long)> Revisions() =>
    [
        .. Objects.List(Resources.ControllerRevisions).OrderBy(revision => revision.Revision)
            .Select(revision => (revision.Metadata.Name, revision.Revision)),
    ];

    private List<string> Names() => [.. _fleet.Pods.Select(pod => pod.Name)];

    private Task Sync() => _case.World.StatefulSets.Sync("default/web", default);

    private Task<int> Settle() => _fleet.Settle(Sync, () => "n0");

    private Task<UpdateOutcome> SetImage(string image) =>
        Change(spec => spec["template"]!["spec"]!["containers"]![0]!["image"] = image);

    private Task<UpdateOutcome> Change(Action<JsonObject> change) =>
        Objects.Update(Resources.StatefulSets, "default", "web", tree =>
        {
            change(tree["spec"]!.AsObject());
            tree["metadata"]!["generation"] = tree["metadata"]!["generation"]!.GetValue<long>() + 1;
            return tree;
        }, default);
}
