using System.Text.Json.Nodes;
using Edge.Server.Access;

namespace Edge.Tests.Server.Access;

public sealed class RuleCoverTests
{
    private const string Pods = """{"verbs":["get","list"],"apiGroups":[""],"resources":["pods","pods/log"]}""";

    /// <summary>10^12 parts.</summary>
    private static readonly PolicyRule s_huge = new()
    {
        Verbs = Words("v", 1000), Groups = Words("g", 1000), Resources = Words("r", 1000), Names = Words("n", 1000),
    };

    [Theory]
    [InlineData(Pods, Pods)]
    [InlineData("""{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}""", Pods)]
    [InlineData("""{"verbs":["get","list"],"apiGroups":[""],"resources":["pods","*/log"]}""", Pods)]
    [InlineData(Pods, """{"verbs":["get"],"apiGroups":[""],"resources":["pods"],"resourceNames":["a"]}""")]
    [InlineData("""{"verbs":["get"],"nonResourceURLs":["/api/*"]}""",
        """{"verbs":["get"],"nonResourceURLs":["/api/v1","/api/*"]}""")]
    public void What_is_held_covers_what_is_wanted(string held, string wanted) =>
        Assert.True(RuleCover.Missing(Rules(held), Rules(wanted)).IsEmpty);

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
        Assert.Equal(texts, RuleCover.Describe(RuleCover.Missing(Rules(held), Rules(wanted)).Parts));

    [Fact]
    public void A_role_of_a_thousand_parts_is_compared_whole_with_a_thousand_rules()
    {
        var wanted = new PolicyRule { Verbs = Words("v", 8), Groups = Words("g", 5), Resources = Words("r", 25) };
        var held = Words("r", 25).SelectMany(resource => Words("g", 40).Select(group =>
            new PolicyRule { Verbs = Words("v", 8), Groups = [group], Resources = [resource] })).Reverse().ToList();
        Assert.True(RuleCover.Missing(held, [wanted]).IsEmpty);

        held.RemoveAll(rule => rule is { Groups: ["g1"], Resources: ["r3"] });
        var missing = RuleCover.Missing(held, [wanted]);
        Assert.False(missing.IsCut);
        Assert.Equal(["""{APIGroups:["g1"], Resources:["r3"], Verbs:["v0" "v1" "v2" "v3" "v4" "v5" "v6" "v7"]}"""],
            RuleCover.Describe(missing.Parts));
    }

    [Fact]
    public void Whoever_holds_everything_may_grant_any_role()
    {
        Assert.True(RuleCover.Missing(RuleCover.FullAuthority, [s_huge]).IsEmpty);
        Assert.True(RuleCover.Missing(
            RuleCover.FullAuthority, [new() { Verbs = Words("v", 10_000), Urls = Words("/u", 10_000) }]).IsEmpty);
        Assert.False(RuleCover.Missing([RuleCover.FullAuthority[0]], [s_huge with { Urls = ["/x"] }]).IsEmpty);
    }

    [Theory]
    [InlineData("*", "x")]
    [InlineData("x", "x")]
    [InlineData("x", "*")]
    public void A_role_of_more_parts_than_can_be_counted_is_not_granted_and_costs_little(string verb, string resource)
    {
        var wanted = s_huge;
        IReadOnlyList<PolicyRule> held = [new() { Verbs = [verb], Groups = ["*"], Resources = [resource] }];
        var before = GC.GetAllocatedBytesForCurrentThread();
        var missing = RuleCover.Missing(held, [wanted]);

        Assert.True(missing.IsCut);
        Assert.InRange(string.Concat(RuleCover.Describe(missing.Parts)).Length, 0, 1_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
    }

    [Fact]
    public void Long_words_are_listed_only_a_few_times()
    {
        var wanted = new PolicyRule
        {
            Verbs = [new string('v', 500_000)], Groups = [new string('g', 500_000)], Resources = Words("r", 50_000),
        };
        Assert.Single(RuleCover.Missing([], [wanted]).Parts);
    }

    [Theory]
    [InlineData("/api/*", "/api/v1", true)]
    [InlineData("/api/*", "/api", false)]
    [InlineData("*", "/logs", true)]
    [InlineData("/version", "/version/", false)]
    public void A_path_matches_itself_and_what_a_star_takes(string pattern, string path, bool expected) =>
        Assert.Equal(expected, PolicyRule.TakesPath(pattern, path));

    private static string[] Words(string stem, int count) =>
        [.. Enumerable.Range(0, count).Select(at => $"{stem}{at}")];

    private static IReadOnlyList<PolicyRule> Rules(string json) => [PolicyRule.Read(JsonNode.Parse(json)!.AsObject())];
}
