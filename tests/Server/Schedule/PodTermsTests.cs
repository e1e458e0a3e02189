using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;

namespace Edge.Tests.Server.Schedule;

/// <summary>What pods say about others: bounded, and told apart whatever people write into labels.</summary>
public sealed class PodTermsTests
{
    [Fact]
    public void A_pod_stored_with_thousands_of_constraints_takes_little_memory()
    {
        var spec = new PodSpec
        {
            TopologySpreadConstraints =
            [
                .. Enumerable.Range(0, 15_000).Select(at => new TopologySpreadConstraint
                {
                    TopologyKey = $"example.com/a-key-as-long-as-people-write-them-{at}",
                    WhenUnsatisfiable = at % 2 == 0 ? "DoNotSchedule" : "ScheduleAnyway",
                    LabelSelector = new LabelSelector(),
                }),
            ],
            Affinity = new Affinity
            {
                PodAntiAffinity = new PodAntiAffinity
                {
                    RequiredDuringSchedulingIgnoredDuringExecution =
                        [.. Enumerable.Range(0, 15_000).Select(at => new PodAffinityTerm { TopologyKey = $"k{at}" })],
                },
            },
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        var terms = PodTerms.Of(spec, "ns", LabelSet.Empty);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
        Assert.Equal(64, terms.Spread.Count);
        Assert.Equal(64, terms.PreferredSpread.Count);
        Assert.Equal(64, terms.Apart.Count);
    }

    [Fact]
    public void Constraints_with_equal_policies_count_over_one_scope()
    {
        var terms = PodTerms.Of(
            new PodSpec { TopologySpreadConstraints = [Spread("a"), Spread("b", "Honor"), Spread("c", "Ignore")] },
            "ns", LabelSet.Empty);
        Assert.Same(terms.Spread[0].Scope, terms.Spread[1].Scope);
        Assert.NotSame(terms.Spread[0].Scope, terms.Spread[2].Scope);
    }

    [Theory]
    [InlineData(new[] { "a,b" }, new[] { "a", "b" })]
    [InlineData(new[] { "a;k 0 b" }, new[] { "a" })]
    [InlineData(new[] { "1:a" }, new[] { "a" })]
    [InlineData(new[] { "" }, new string[0])]
    public void Selectors_with_other_values_are_others(string[] left, string[] right) =>
        Assert.NotEqual(Selector(left).Text, Selector(right).Text);

    [Fact]
    public void Equal_selectors_are_equal_in_whatever_order_they_were_written() =>
        Assert.Equal(Selector("b", "a").Text, Selector("a", "b").Text);

    [Fact]
    public void Selectors_that_differ_in_what_follows_a_separator_are_others()
    {
        var two = LabelMatcher.From(new LabelSelector
        {
            MatchExpressions = [In("k", "a"), In("l", "b")],
        });
        Assert.NotEqual(
            two.Text, LabelMatcher.From(new LabelSelector { MatchExpressions = [In("k", "a;l 0 b")] }).Text);
        Assert.NotEqual(PodSelector.In("a&b", two).Text, PodSelector.In("a", two).Text);
        Assert.NotEqual(LabelMatcher.From(null).Text, LabelMatcher.From(new LabelSelector()).Text);
    }

    [Fact]
    public void Scopes_with_other_keys_or_terms_are_others()
    {
        Assert.NotEqual(
            new NodeScope(["a,b"], new PodSpec(), true, false).Text,
            new NodeScope(["a", "b"], new PodSpec(), true, false).Text);
        Assert.NotEqual(
            new NodeScope(["a"], Affine("x", "y"), true, false).Text,
            new NodeScope(["a"], Affine("x,y"), true, false).Text);
        Assert.NotEqual(
            new NodeScope(["a"], Bearing("x", "Exists "), true, true).Text,
            new NodeScope(["a"], Bearing("x Exists", ""), true, true).Text);
        Assert.NotEqual(
            new NodeScope(["a"], new PodSpec(), true, true).Text,
            new NodeScope(["a"], new PodSpec(), true, false).Text);
    }

    private static TopologySpreadConstraint Spread(string key, string? affinityPolicy = null) => new()
    {
        TopologyKey = key, WhenUnsatisfiable = "DoNotSchedule", NodeAffinityPolicy = affinityPolicy,
    };

    private static LabelMatcher Selector(params string[] values) =>
        LabelMatcher.From(new LabelSelector { MatchExpressions = [In("k", values)] });

    private static LabelSelectorRequirement In(string key, params string[] values) =>
        new() { Key = key, Operator = "In", Values = values };

    private static PodSpec Affine(params string[] values) => new()
    {
        Affinity = new Affinity
        {
            NodeAffinity = new NodeAffinity
            {
                RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector
                {
                    NodeSelectorTerms =
                    [
                        new NodeSelectorTerm
                        {
                            MatchExpressions =
                                [new NodeSelectorRequirement { Key = "k", Operator = "In", Values = values }],
                        },
                    ],
                },
            },
        },
    };

    private static PodSpec Bearing(string key, string op) =>
        new() { Tolerations = [new Toleration { Key = key, Operator = op }] };
}
