using System.Text.Json.Nodes;
using Edge.Server.Access;

namespace Edge.Tests.Server.Access;

public sealed class RuleCoverTests
{
    private const string Pods = """{"verbs":["get","list"],"apiGroups":[""],"resources":["pods","pods/log"]}""";

    [Theory]
    [InlineData(Pods, Pods)]
    [InlineData("""{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}""", Pods)]
    [InlineData("""{"verbs":["get","list"],"apiGroups":[""],"resources":["pods","*/log"]}""", Pods)]
    [InlineData(Pods, """{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]}""")]
    [InlineData("""{"verbs":["get"],"nonResourceURLs":["/api/*"]}""",
        """{"verbs":["get"],"nonResourceURLs":["/api/v1","/api/*"]}""")]
    public void What_is_held_covers_what_is_wanted(string held, string wanted) =>
        Assert.Empty(RuleCover.Missing(Rules(held), Rules(wanted)));

    [Theory]
    [InlineData("""{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}""", Pods,
        """{APIGroups:[""], Resources:["pods"], Verbs:["list"]}""",
        """{APIGroups:[""], Resources:["pods/log"], Verbs:["get" "list"]}""")]
    [InlineData("""{"verbs":["get","list"],"apiGroups":[""],"resources":["pods","pods/log"],"resourceNames":["a"]}""",
        """{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a","b"]}""",
        """{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}""")]
    [InlineData(Pods, """{"verbs":["*"],"apiGroups":[""],"resources":["pods"]}""",
        """{APIGroups:[""], Resources:["pods"], Verbs:["*"]}""")]
    [InlineData("""{"verbs":["get"],"nonResourceURLs":["/api"]}""",
        """{"verbs":["get"],"nonResourceURLs":["/api/*","/apis"]}""",
        """{NonResourceURLs:["/api/*"], Verbs:["get"]}""", """{NonResourceURLs:["/apis"], Verbs:["get"]}""")]
    public void What_is_missing_is_listed_as_kube_apiserver_lists_it(
        string held, string wanted, params string[] texts) =>
        Assert.Equal(texts, RuleCover.Describe(RuleCover.Missing(Rules(held), Rules(wanted))));

    [Theory]
    [InlineData("/api/*", "/api/v1", true)]
    [InlineData("/api/*", "/api", false)]
    [InlineData("*", "/logs", true)]
    [InlineData("/version", "/version/", false)]
    public void A_path_matches_itself_and_what_a_star_takes(string pattern, string path, bool expected) =>
        Assert.Equal(expected, PolicyRule.TakesPath(pattern, path));

    private static IReadOnlyList<PolicyRule> Rules(string json) => [PolicyRule.Read(JsonNode.Parse(json)!.AsObject())];
}
