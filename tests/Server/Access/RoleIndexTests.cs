using Edge.Server.Access;
using Edge.Server.Store;
using Edge.Tests.Server.Api;

namespace Edge.Tests.Server.Access;

public sealed class RoleIndexTests : IAsyncLifetime
{
    private const string Alice = """{"kind":"User","name":"alice"}""";

    private static readonly UserInfo s_alice = UserInfo.Known("alice", ["people"]);
    private static readonly AccessRequest s_listPods = AccessRequest.OfResource("list", "", "pods", "shop", "");

    private readonly CancellationTokenSource _stop = new();
    private AccessWorld _world = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _world = await AccessWorld.Make();
        _running = _world.Index.Run(_stop.Token);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task A_binding_counts_when_it_is_made_and_no_more_when_it_is_gone()
    {
        Assert.False(_world.Authorizer.Allows(s_alice, s_listPods));
        await _world.Bind("view", Alice, "shop");
        await Until(() => _world.Authorizer.Allows(s_alice, s_listPods));
        Assert.Equal("RBAC: allowed by RoleBinding \"b/shop\" of ClusterRole \"view\" to User \"alice\"",
            _world.Authorizer.Decide(s_alice, s_listPods).Reason);

        var key = RbacKeys.Of(RbacKeys.RoleBindings, "shop", "b");
        await _world.Store.Txn([], [StoreOp.Delete(key)], default);
        await Until(() => !_world.Authorizer.Allows(s_alice, s_listPods));
    }

    [Fact]
    public async Task A_subject_that_is_taken_out_loses_the_role_and_the_others_keep_it()
    {
        var bob = UserInfo.Known("bob", []);
        await _world.Bind("view", $$"""{{Alice}},{"kind":"User","name":"bob"}""");
        await Until(() => _world.Authorizer.Allows(bob, s_listPods));
        await _world.Bind("view", """{"kind":"User","name":"bob"}""");
        await Until(() => !_world.Authorizer.Allows(s_alice, s_listPods));
        Assert.True(_world.Authorizer.Allows(bob, s_listPods));
    }

    [Fact]
    public async Task A_role_may_come_after_its_binding_and_is_missed_until_then()
    {
        await _world.Bind("later", Alice);
        await Until(() => _world.Authorizer.Decide(s_alice, s_listPods).Reason
            == "RBAC: clusterrole.rbac.authorization.k8s.io \"later\" not found");
        var key = RbacKeys.Of(RbacKeys.ClusterRoles, null, "later");
        await _world.Put(key, """{"rules":[{"verbs":["list"],"apiGroups":[""],"resources":["pods"]}]}""");
        await Until(() => _world.Authorizer.Allows(s_alice, s_listPods));

        await _world.Put(key, """{"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}""");
        await Until(() => !_world.Authorizer.Allows(s_alice, s_listPods));
        await _world.Store.Txn([], [StoreOp.Delete(key)], default);
        await Until(() => _world.Authorizer.Decide(s_alice, s_listPods).Reason.Length > 0);
    }

    [Theory]
    [InlineData("""{"kind":"ServiceAccount","name":"bot"}""", "system:serviceaccount:shop:bot")]
    [InlineData("""{"kind":"ServiceAccount","name":"bot","namespace":"other"}""", "system:serviceaccount:other:bot")]
    public async Task A_service_account_is_of_the_bindings_namespace_unless_it_says(string subject, string user)
    {
        await _world.Bind("view", subject, "shop");
        await Until(() => _world.Authorizer.Allows(UserInfo.Known(user, []), s_listPods));
        Assert.False(_world.Authorizer.Allows(UserInfo.Known("system:serviceaccount:third:bot", []), s_listPods));
    }

    [Fact]
    public async Task The_rules_of_a_user_are_told_once_however_often_a_binding_names_it()
    {
        await _world.Bind("system:kube-dns", $$"""{{Alice}},{"kind":"Group","name":"people"}""");
        // Whoever is known is in a group that has rules from the beginning.
        var alice = s_alice with { Groups = ["people"] };
        await Until(() => _world.Authorizer.RulesOf(alice, "shop").Rules.Count > 0);
        var mine = _world.Authorizer.RulesOf(alice, "shop").Rules;
        Assert.Equal(["{APIGroups:[\"\"], Resources:[\"endpoints\" \"services\"], Verbs:[\"list\" \"watch\"]}"],
            mine.Select(rule => rule.ToString()));
    }

    [Fact]
    public async Task No_role_gives_a_device_more_than_its_few_things()
    {
        var device = UserInfo.Known("system:node:n1", [UserInfo.Nodes]);
        await _world.Bind("cluster-admin", """{"kind":"Group","name":"system:authenticated"}""");
        await _world.Bind("cluster-admin", """{"kind":"Group","name":"system:nodes"}""", name: "nodes");
        await Until(() => _world.Authorizer.Allows(s_alice, s_listPods));
        Assert.False(_world.Authorizer.Allows(device, s_listPods));
        Assert.True(_world.Authorizer.Allows(device, AccessRequest.OfResource(
            "create", "certificates.k8s.io", "certificatesigningrequests", "", "")));
        Assert.False(_world.Authorizer.Allows(device, AccessRequest.OfResource(
            "list", "certificates.k8s.io", "certificatesigningrequests", "", "")));
    }

    [Theory]
    [InlineData("get", "", "configmaps", "kube-public", "edge-cluster", true)]
    [InlineData("get", "", "configmaps", "kube-public", "other", false)]
    [InlineData("get", "", "configmaps", "default", "edge-cluster", false)]
    [InlineData("update", "", "configmaps", "kube-public", "edge-cluster", false)]
    [InlineData("get", "", "secrets", "kube-public", "", false)]
    [InlineData("get", "certificates.k8s.io", "certificatesigningrequests", "", "x", true)]
    [InlineData("create", "certificates.k8s.io", "certificatesigningrequests", "", "", true)]
    [InlineData("list", "certificates.k8s.io", "certificatesigningrequests", "", "", false)]
    [InlineData("update", "certificates.k8s.io", "certificatesigningrequests", "", "x", false)]
    [InlineData("create", "authorization.k8s.io", "selfsubjectaccessreviews", "", "", true)]
    [InlineData("create", "authorization.k8s.io", "selfsubjectrulesreviews", "", "", true)]
    [InlineData("create", "authorization.k8s.io", "subjectaccessreviews", "", "", false)]
    [InlineData("create", "authentication.k8s.io", "selfsubjectreviews", "", "", true)]
    [InlineData("create", "authentication.k8s.io", "tokenreviews", "", "", false)]
    public void A_device_may_enrol_and_ask_about_itself(
        string verb, string group, string resource, string ns, string name, bool allowed)
    {
        var access = AccessRequest.OfResource(verb, group, resource, ns, name);
        Assert.Equal(allowed, DeviceRules.Allow(access));
        Assert.Equal(allowed, DeviceRules.In(ns).Any(rule => rule.Allows(access)));
        Assert.False(DeviceRules.Allow(new AccessRequest(verb, group, resource, "approval", ns, name, "")));
    }

    [Theory]
    [InlineData("get", "/healthz", true)]
    [InlineData("get", "/readyz/ping", true)]
    [InlineData("get", "/version", true)]
    [InlineData("get", "/api", true)]
    [InlineData("get", "/apis/apps/v1", true)]
    [InlineData("get", "/openapi/v3", true)]
    [InlineData("get", "/openapi", false)]
    [InlineData("get", "/apiserver", false)]
    [InlineData("get", "/healthzz", false)]
    [InlineData("get", "/metrics", false)]
    [InlineData("post", "/healthz", false)]
    public void A_device_may_see_what_is_served(string verb, string path, bool allowed) =>
        Assert.Equal(allowed, DeviceRules.Allow(new AccessRequest(verb, "", "", "", "", "", path)));

    /// <summary>The index hears of a change some milliseconds after it.</summary>
    private static async Task Until(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(ApiFixture.Patience);
        while (!holds())
        {
            await Task.Yield();
            Assert.False(limit.IsCancellationRequested, "it never holds");
        }
    }
}
