using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>Who am I, what may I do, what may somebody else do; and doing it as somebody else.</summary>
public sealed class ReviewTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Authorization = "/apis/authorization.k8s.io/v1";
    private const string Authentication = "/apis/authentication.k8s.io/v1";

    [Fact]
    public async Task Everybody_known_may_ask_what_they_may_do()
    {
        var user = User("CN=asks-one");
        await api.Bind("view", "User", "asks-one", "default");
        var answer = await Ask(user, $"{Authorization}/selfsubjectaccessreviews",
            """{"spec":{"resourceAttributes":{"verb":"list","resource":"pods","namespace":"default"}}}""");
        Assert.True((bool)answer["status"]!["allowed"]!);
        Assert.Equal(
            "RBAC: allowed by RoleBinding \"asks-one-view/default\" of ClusterRole \"view\" to User \"asks-one\"",
            (string?)answer["status"]!["reason"]);
        answer = await Ask(user, $"{Authorization}/selfsubjectaccessreviews",
            """{"spec":{"resourceAttributes":{"verb":"list","resource":"pods"}}}""");
        Assert.Equal("""{"allowed":false}""", answer["status"]!.ToJsonString());
        answer = await Ask(user, $"{Authorization}/selfsubjectaccessreviews",
            """{"spec":{"nonResourceAttributes":{"verb":"get","path":"/apis"}}}""");
        Assert.True((bool)answer["status"]!["allowed"]!);
    }

    [Fact]
    public async Task The_rules_of_a_user_are_those_of_the_cluster_and_of_the_namespace()
    {
        var user = User("CN=lists-rules");
        await api.Bind("system:kube-dns", "User", "lists-rules", "default");
        var answer = await Ask(
            user, $"{Authorization}/selfsubjectrulesreviews", """{"spec":{"namespace":"default"}}""");
        Assert.Equal(
            [
                """{"verbs":["create"],"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"]}""",
                """{"verbs":["create"],"apiGroups":["authorization.k8s.io"],"""
                    + """ "resources":["selfsubjectaccessreviews","selfsubjectrulesreviews"]}""".Trim(),
                """{"verbs":["list","watch"],"apiGroups":[""],"resources":["endpoints","services"]}""",
            ],
            answer["status"]!["resourceRules"]!.AsArray().Select(rule => rule!.ToJsonString()).Order());
        Assert.False((bool)answer["status"]!["incomplete"]!);
        var none = await user.PostAsync($"{Authorization}/selfsubjectrulesreviews", ApiFixture.Json("""{"spec":{}}"""));
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
    }

    [Fact]
    public async Task One_is_told_who_one_is()
    {
        var answer = await Ask(User("O=people, CN=who-am-i"), $"{Authentication}/selfsubjectreviews", "{}");
        Assert.Equal("""{"username":"who-am-i","groups":["people","system:authenticated"]}""",
            answer["status"]!["userInfo"]!.ToJsonString());
    }

    [Fact]
    public async Task Only_who_may_asks_about_others()
    {
        const string body = """
            {"spec":{"user":"about","groups":["g"],
             "resourceAttributes":{"verb":"get","resource":"pods","namespace":"default"}}}
            """;
        await api.Bind("view", "Group", "g", "default");
        var answer = await Ask(api.Admin, $"{Authorization}/subjectaccessreviews", body);
        Assert.True((bool)answer["status"]!["allowed"]!);
        answer = await Ask(api.Admin, $"{Authorization}/namespaces/default/localsubjectaccessreviews", body);
        Assert.True((bool)answer["status"]!["allowed"]!);
        var refused = await User("CN=nosy-person").PostAsync(
            $"{Authorization}/subjectaccessreviews", ApiFixture.Json(body));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        var elsewhere = await api.Admin.PostAsync(
            $"{Authorization}/namespaces/kube-system/localsubjectaccessreviews", ApiFixture.Json(body));
        Assert.Equal("spec.resourceAttributes.namespace must match namespace: kube-system",
            (string?)(await ApiFixture.Body(elsewhere))["message"]);
    }

    [Theory]
    [InlineData("""{"spec":{}}""")]
    [InlineData("""{"spec":{"resourceAttributes":{"verb":"get"},"nonResourceAttributes":{"path":"/"}}}""")]
    public async Task A_review_asks_about_one_thing(string body)
    {
        var answer = await api.Admin.PostAsync($"{Authorization}/selfsubjectaccessreviews", ApiFixture.Json(body));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task An_administrator_acts_as_somebody_else_and_has_what_that_user_has()
    {
        await api.Bind("view", "User", "acted", "default");
        var acting = Acting(api.Admin, ("Impersonate-User", "acted"), ("Impersonate-Group", "g1"),
            ("Impersonate-Uid", "u1"), ("Impersonate-Extra-scopes", "a"));
        var who = await Ask(acting, $"{Authentication}/selfsubjectreviews", "{}");
        Assert.Equal(
            """{"username":"acted","uid":"u1","groups":["g1","system:authenticated"],"extra":{"scopes":["a"]}}""",
            who["status"]!["userInfo"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await acting.GetAsync("/api/v1/namespaces/default/pods")).StatusCode);
        var refused = await acting.GetAsync("/api/v1/namespaces/default/secrets");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Theory]
    [InlineData("climber-1", "bob",
        "users \"bob\" is forbidden: User \"climber-1\" cannot impersonate resource \"users\" in API group \"\" at the "
        + "cluster scope")]
    [InlineData("climber-2", "system:serviceaccount:kube-system:bot",
        "serviceaccounts \"bot\" is forbidden: User \"climber-2\" cannot impersonate resource \"serviceaccounts\" in "
        + "API group \"\" in the namespace \"kube-system\"")]
    public async Task Nobody_acts_as_somebody_else_without_being_allowed_to(string user, string other, string message)
    {
        const string header = "Impersonate-User";
        await api.Bind("edit", "User", user, "default");
        var refused = await Acting(User($"CN={user}"), (header, other)).GetAsync("/version");
        Assert.Equal((HttpStatusCode.Forbidden, message),
            (refused.StatusCode, (string?)(await ApiFixture.Body(refused))["message"]));
        var own = Acting(User($"CN={user}"), (header, "system:serviceaccount:default:bot"));
        var who = await Ask(own, $"{Authentication}/selfsubjectreviews", "{}");
        Assert.Equal(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
            who["status"]!["userInfo"]!["groups"]!.AsArray().Select(group => (string?)group));
    }

    [Fact]
    public async Task A_group_without_a_user_is_nobody()
    {
        var answer = await Acting(api.Admin, ("Impersonate-Group", "g")).GetAsync("/version");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Reviews_are_listed_and_made_but_never_kept()
    {
        var list = await ApiFixture.Body(await api.Admin.GetAsync(Authorization));
        Assert.Equal(
            [
                "localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews",
                "subjectaccessreviews",
            ],
            list["resources"]!.AsArray().Select(resource => (string?)resource!["name"]));
        Assert.Equal(HttpStatusCode.MethodNotAllowed,
            (await api.Admin.GetAsync($"{Authorization}/subjectaccessreviews")).StatusCode);
    }

    private HttpClient User(string subject) => api.Client(ApiFixture.Issue(api.ApiCa, subject));

    private HttpClient Acting(HttpClient caller, params (string Name, string Value)[] headers)
    {
        var client = ReferenceEquals(caller, api.Admin)
            ? api.Client(ApiFixture.Issue(api.ApiCa, "O=system:masters, CN=admin"))
            : caller;
        foreach (var (name, value) in headers)
        {
            client.DefaultRequestHeaders.Add(name, value);
        }

        return client;
    }

    private static async Task<JsonObject> Ask(HttpClient client, string path, string body)
    {
        var response = await client.PostAsync(path, ApiFixture.Json(body));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await ApiFixture.Body(response);
    }
}
