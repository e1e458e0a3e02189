using System.Net;

namespace Edge.Tests.Server.Api;

/// <summary>Roles and bindings over HTTP: what they give, how soon, and that nobody gives what they lack.</summary>
public sealed class RbacTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Rbac = "/apis/rbac.authorization.k8s.io/v1";

    [Fact]
    public async Task A_binding_lets_its_user_in_and_its_deletion_keeps_it_out()
    {
        var user = User("CN=reader-one");
        await api.Bind("view", "User", "reader-one", "kube-public");
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/api/v1/namespaces/kube-public/pods")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/api/v1/namespaces/kube-public")).StatusCode);
        await IsRefused(await user.GetAsync("/api/v1/namespaces/default/pods"),
            "pods is forbidden: User \"reader-one\" cannot list resource \"pods\" in API group \"\" in the namespace "
            + "\"default\"");
        await IsRefused(await user.GetAsync("/api/v1/namespaces/kube-public/secrets/a"),
            "secrets \"a\" is forbidden: User \"reader-one\" cannot get resource \"secrets\" in API group \"\" in the "
            + "namespace \"kube-public\"");
        await IsRefused(await user.GetAsync("/api/v1/namespaces"),
            "namespaces is forbidden: User \"reader-one\" cannot list resource \"namespaces\" in API group \"\" at the "
            + "cluster scope");

        var gone = await api.Admin.DeleteAsync($"{Rbac}/namespaces/kube-public/rolebindings/reader-one-view");
        Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
        using var limit = new CancellationTokenSource(ApiFixture.Patience);
        while ((await user.GetAsync("/api/v1/namespaces/kube-public/pods", limit.Token)).IsSuccessStatusCode)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task A_binding_to_a_role_that_nobody_made_says_so_in_the_refusal()
    {
        var user = User("CN=of-nothing");
        await api.Bind("nothing", "User", "of-nothing", "default");
        await IsRefused(await user.GetAsync("/api/v1/namespaces/default/pods"),
            "pods is forbidden: User \"of-nothing\" cannot list resource \"pods\" in API group \"\" in the namespace "
            + "\"default\": RBAC: clusterrole.rbac.authorization.k8s.io \"nothing\" not found");
    }

    [Fact]
    public async Task A_role_by_name_lets_a_list_through_only_by_that_name()
    {
        await Make("namespaces/default/roles", """
            {"metadata":{"name":"one-secret"},"rules":[{"verbs":["get","list","watch"],"apiGroups":[""],
             "resources":["secrets"],"resourceNames":["mine"]}]}
            """);
        await api.Bind("one-secret", "User", "one-reader", "default", kind: "Role");
        var user = User("CN=one-reader");
        const string secrets = "/api/v1/namespaces/default/secrets";
        Assert.Equal(HttpStatusCode.NotFound, (await user.GetAsync(secrets + "/mine")).StatusCode);
        const string byName = "?fieldSelector=metadata.name%3Dmine";
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync(secrets + byName)).StatusCode);
        foreach (var query in new[]
        {
            "", "?fieldSelector=metadata.name%3Dother", "?fieldSelector=metadata.name!%3Dmine",
            "?fieldSelector=type!%3Da%5C,metadata.name%3Dmine",
        })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await user.GetAsync(secrets + query)).StatusCode);
        }
    }

    [Fact]
    public async Task Nobody_gives_by_a_role_what_they_do_not_have()
    {
        await api.Bind("admin", "User", "local-admin", "default");
        var user = User("O=staff, CN=local-admin");
        var made = await Send(user, "namespaces/default/roles", """
            {"metadata":{"name":"too-much"},"rules":[
             {"verbs":["get","list"],"apiGroups":[""],"resources":["nodes","pods"]},
             {"verbs":["get"],"apiGroups":["example.com"],"resources":["a","b"]}]}
            """);
        await IsRefused(made,
            "roles.rbac.authorization.k8s.io \"too-much\" is forbidden: user \"local-admin\" "
            + "(groups=[\"staff\" \"system:authenticated\"]) is attempting to grant RBAC permissions not currently "
            + "held:\n"
            + "{APIGroups:[\"\"], Resources:[\"nodes\"], Verbs:[\"get\" \"list\"]}\n"
            + "{APIGroups:[\"example.com\"], Resources:[\"a\"], Verbs:[\"get\"]}\n"
            + "{APIGroups:[\"example.com\"], Resources:[\"b\"], Verbs:[\"get\"]}");
        made = await Send(user, "namespaces/default/roles", """
            {"metadata":{"name":"enough"},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]}
            """);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        var patch = await user.PatchAsync($"{Rbac}/namespaces/default/roles/enough", ApiFixture.Json(
            """{"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]}""", "application/merge-patch+json"));
        await IsRefused(patch,
            "roles.rbac.authorization.k8s.io \"enough\" is forbidden: user \"local-admin\" "
            + "(groups=[\"staff\" \"system:authenticated\"]) is attempting to grant RBAC permissions not currently "
            + "held:\n"
            + "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}");
        patch = await user.PatchAsync($"{Rbac}/namespaces/default/roles/enough", ApiFixture.Json(
            """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json"));
        Assert.Equal(HttpStatusCode.OK, patch.StatusCode);
    }

    [Fact]
    public async Task Nobody_binds_what_they_do_not_have_unless_they_may_bind_it()
    {
        await api.Bind("admin", "User", "binder", "default");
        var user = User("CN=binder");
        const string body = """
            {"metadata":{"name":"NAME"},"roleRef":{"kind":"ClusterRole","name":"ROLE"},
             "subjects":[{"kind":"User","name":"friend"}]}
            """;
        string Body(string name, string role) => body.Replace("NAME", name).Replace("ROLE", role);
        var edit = await Send(user, "namespaces/default/rolebindings", Body("friend-edit", "edit"));
        Assert.Equal(HttpStatusCode.Created, edit.StatusCode);
        await IsRefused(await Send(user, "namespaces/default/rolebindings", Body("friend-all", "cluster-admin")),
            "rolebindings.rbac.authorization.k8s.io \"friend-all\" is forbidden: user \"binder\" "
            + "(groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n"
            + "{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}\n{NonResourceURLs:[\"*\"], Verbs:[\"*\"]}");
        var none = await Send(user, "namespaces/default/rolebindings", Body("friend-none", "none"));
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Equal("clusterrole.rbac.authorization.k8s.io \"none\" not found",
            (string?)(await ApiFixture.Body(none))["message"]);

        await Make("namespaces/default/roles", """
            {"metadata":{"name":"may-bind"},"rules":[{"verbs":["bind"],"apiGroups":["rbac.authorization.k8s.io"],
             "resources":["clusterroles"],"resourceNames":["cluster-admin"]}]}
            """);
        await api.Bind("may-bind", "User", "binder", "default", kind: "Role");
        var bound = await Send(user, "namespaces/default/rolebindings", Body("friend-all", "cluster-admin"));
        Assert.Equal(HttpStatusCode.Created, bound.StatusCode);
        await IsRefused(await Send(user, "clusterrolebindings", Body("all", "cluster-admin")),
            "clusterrolebindings.rbac.authorization.k8s.io is forbidden: User \"binder\" cannot create resource "
            + "\"clusterrolebindings\" in API group \"rbac.authorization.k8s.io\" at the cluster scope");
    }

    [Fact]
    public async Task Gathering_roles_takes_an_administrator_and_escalate_is_enough_for_rules()
    {
        await Make("clusterroles", """
            {"metadata":{"name":"role-maker"},"rules":[{"verbs":["create","update"],
             "apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterroles"]}]}
            """);
        await api.Bind("role-maker", "User", "maker");
        var user = User("CN=maker");
        await IsRefused(
            await Send(user, "clusterroles", """
                {"metadata":{"name":"gathers"},"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}}
                """),
            "clusterroles.rbac.authorization.k8s.io \"gathers\" is forbidden: must have cluster-admin privileges to "
            + "use the aggregationRule");
        await Make("clusterroles", """
            {"metadata":{"name":"role-raiser"},"rules":[{"verbs":["escalate"],
             "apiGroups":["rbac.authorization.k8s.io"],"resources":["clusterroles"]}]}
            """);
        await api.Bind("role-raiser", "User", "maker");
        var made = await Send(user, "clusterroles",
            """{"metadata":{"name":"raised"},"rules":[{"verbs":["*"],"nonResourceURLs":["*"]}]}""");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }

    [Fact]
    public async Task Who_may_update_does_not_create_by_it()
    {
        await Make("namespaces/default/roles", """
            {"metadata":{"name":"role-updater"},"rules":[
             {"verbs":["update"],"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles"]}]}
            """);
        await api.Bind("role-updater", "User", "updater", "default", kind: "Role");
        const string path = $"{Rbac}/namespaces/default/roles/put";
        const string body = """{"metadata":{"name":"put"},"rules":[]}""";
        await IsRefused(await User("CN=updater").PutAsync(path, ApiFixture.Json(body)),
            "roles.rbac.authorization.k8s.io \"put\" is forbidden: User \"updater\" cannot create resource \"roles\" "
            + "in API group \"rbac.authorization.k8s.io\" in the namespace \"default\"");
        Assert.Equal(HttpStatusCode.Created, (await api.Admin.PutAsync(path, ApiFixture.Json(body))).StatusCode);
        Assert.Equal(HttpStatusCode.OK,
            (await User("CN=updater").PutAsync(path, ApiFixture.Json(body))).StatusCode);
    }

    [Fact]
    public async Task The_role_of_a_binding_cannot_be_changed()
    {
        await api.Bind("view", "User", "anyone", "default");
        var patch = await api.Admin.PatchAsync($"{Rbac}/namespaces/default/rolebindings/anyone-view", ApiFixture.Json(
            """{"roleRef":{"name":"edit"}}""", "application/merge-patch+json"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, patch.StatusCode);
        Assert.Equal("RoleBinding.rbac.authorization.k8s.io \"anyone-view\" is invalid: roleRef: Invalid value: "
            + "rbac.RoleRef{APIGroup:\"rbac.authorization.k8s.io\", Kind:\"ClusterRole\", Name:\"edit\"}: "
            + "cannot change roleRef", (string?)(await ApiFixture.Body(patch))["message"]);
    }

    private HttpClient User(string subject) => api.Client(ApiFixture.Issue(api.ApiCa, subject));

    private async Task Make(string path, string body)
    {
        var response = await Send(api.Admin, path, body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private static Task<HttpResponseMessage> Send(HttpClient client, string path, string body) =>
        client.PostAsync($"{Rbac}/{path}", ApiFixture.Json(body));

    private static async Task IsRefused(HttpResponseMessage response, string message) => Assert.Equal(
        (HttpStatusCode.Forbidden, message),
        (response.StatusCode, (string?)(await ApiFixture.Body(response))["message"]));
}
