using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Control.ClusterRoles;
using Edge.Server.Store;

namespace Edge.Tests.Server.Access;

public sealed class DefaultRolesTests : IAsyncLifetime
{
    private static readonly string s_view = RbacKeys.Of(RbacKeys.ClusterRoles, null, "view");
    private static readonly string s_dns = RbacKeys.Of(RbacKeys.ClusterRoles, null, "system:kube-dns");
    private static readonly string s_basic = RbacKeys.Of(RbacKeys.ClusterRoleBindings, null, "system:basic-user");

    private AccessWorld _world = null!;

    public async Task InitializeAsync() => _world = await AccessWorld.Make();

    public Task DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_second_start_writes_nothing()
    {
        var before = _world.Store.Revision;
        await _world.WriteDefaults();
        Assert.Equal(before, _world.Store.Revision);
    }

    [Fact]
    public async Task What_was_taken_out_comes_back_and_what_was_added_stays()
    {
        await Change(s_dns, role =>
        {
            role["rules"] = JsonNode.Parse("""[{"verbs":["odd"],"apiGroups":[""],"resources":["pods"]}]""");
            role["metadata"]!["labels"] = new JsonObject { ["own"] = "1" };
        });
        await Change(s_basic, binding => binding["subjects"] = new JsonArray());
        await _world.WriteDefaults();

        var role = _world.Read(s_dns);
        Assert.Equal(
            [
                """{"verbs":["odd"],"apiGroups":[""],"resources":["pods"]}""",
                """{"verbs":["list"],"apiGroups":[""],"resources":["endpoints"]}""",
                """{"verbs":["watch"],"apiGroups":[""],"resources":["endpoints"]}""",
                """{"verbs":["list"],"apiGroups":[""],"resources":["services"]}""",
                """{"verbs":["watch"],"apiGroups":[""],"resources":["services"]}""",
            ],
            role["rules"]!.AsArray().Select(rule => rule!.ToJsonString()));
        Assert.Equal(["own", "kubernetes.io/bootstrapping"],
            role["metadata"]!["labels"]!.AsObject().Select(label => label.Key));
        Assert.Single(_world.Read(s_basic)["subjects"]!.AsArray());
    }

    [Fact]
    public async Task A_role_that_is_not_to_be_updated_is_left_as_it_is()
    {
        await Change(s_dns, role =>
        {
            role["rules"] = new JsonArray();
            role["metadata"]!["annotations"]![DefaultRoles.AutoUpdate] = "false";
        });
        await _world.WriteDefaults();
        Assert.Empty(_world.Read(s_dns)["rules"]!.AsArray());
    }

    [Fact]
    public async Task A_binding_to_another_role_is_made_again()
    {
        await Change(s_basic, binding => binding["roleRef"]!["name"] = "cluster-admin");
        await _world.WriteDefaults();
        Assert.Equal("system:basic-user", (string?)_world.Read(s_basic)["roleRef"]!["name"]);
    }

    [Fact]
    public async Task A_role_with_the_label_becomes_part_of_view_edit_and_admin()
    {
        await _world.Put(RbacKeys.Of(RbacKeys.ClusterRoles, null, "widgets"), """
            {"metadata":{"labels":{"rbac.authorization.k8s.io/aggregate-to-view":"true"}},
             "rules":[{"verbs":["get"],"apiGroups":["example.com"],"resources":["widgets"]}]}
            """);
        await _world.WriteDefaults();
        foreach (var role in (string[])["view", "edit", "admin"])
        {
            var rules = _world.Read(RbacKeys.Of(RbacKeys.ClusterRoles, null, role))["rules"]!.AsArray();
            Assert.Single(rules, rule => rule!["apiGroups"]![0]!.GetValue<string>() == "example.com");
        }

        Assert.NotNull(_world.Read(s_view)["aggregationRule"]);
    }

    [Theory]
    [InlineData("a>b b>a")]
    [InlineData("a>b b>c c>a")]
    [InlineData("a>a")]
    public async Task Roles_that_gather_each_other_settle_on_what_none_of_them_gathers(string who)
    {
        var pairs = who.Split(' ').Select(pair => pair.Split('>')).ToList();
        foreach (var pair in pairs)
        {
            await Gathering(pair[0], pair[1]);
        }

        await _world.Put(RbacKeys.Of(RbacKeys.ClusterRoles, null, "plain"), """
            {"metadata":{"labels":{"for-a":"1"}},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["plain"]}]}
            """);
        await _world.WriteDefaults().WaitAsync(TimeSpan.FromMinutes(1));
        foreach (var pair in pairs)
        {
            var rules = _world.Read(RbacKeys.Of(RbacKeys.ClusterRoles, null, pair[0]))["rules"]!.AsArray();
            Assert.Equal("plain", (string?)Assert.Single(rules)!["resources"]![0]);
        }

        var before = _world.Store.Revision;
        await new RoleAggregation(_world.Objects).Round(default);
        Assert.Equal(before, _world.Store.Revision);
    }

    /// <summary>A role with a rule of its own, which gathers another one and those labelled for it.</summary>
    private Task Gathering(string name, string other) => _world.Put(
        RbacKeys.Of(RbacKeys.ClusterRoles, null, name), $$$"""
        {"metadata":{"labels":{"is":"{{{name}}}"}},
         "aggregationRule":{"clusterRoleSelectors":[
          {"matchLabels":{"is":"{{{other}}}"}},{"matchLabels":{"for-{{{name}}}":"1"}}]},
         "rules":[{"verbs":["get"],"apiGroups":[""],"resources":["{{{name}}}"]}]}
        """);

    private Task<UpdateOutcome> Change(string key, Action<JsonObject> change) => _world.Objects.Update(key, tree =>
    {
        change(tree);
        return tree;
    }, default);
}
