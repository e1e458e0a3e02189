using Edge.Proto.Model;

namespace Edge.Tests.Proto.Model;

public sealed class MatchingTests
{
    private static readonly Taint Taint = new() { Key = "dedicated", Value = "gpu", Effect = "NoSchedule" };

    [Fact]
    public void A_toleration_with_equal_key_value_and_effect_tolerates() =>
        Assert.True(new Toleration { Key = "dedicated", Value = "gpu", Effect = "NoSchedule" }.Tolerates(Taint));

    [Fact]
    public void A_toleration_of_another_value_does_not() =>
        Assert.False(new Toleration { Key = "dedicated", Value = "web" }.Tolerates(Taint));

    [Fact]
    public void An_empty_key_tolerates_only_with_Exists()
    {
        Assert.True(new Toleration { Operator = "Exists" }.Tolerates(Taint));
        Assert.False(new Toleration { Value = "gpu" }.Tolerates(Taint));
    }

    [Fact]
    public void An_empty_effect_tolerates_every_effect() =>
        Assert.True(new Toleration { Key = "dedicated", Operator = "Exists" }.Tolerates(Taint));

    [Fact]
    public void An_empty_selector_matches_everything() => Assert.True(new LabelSelector().Matches(null));

    [Fact]
    public void NotIn_matches_an_object_without_the_label()
    {
        var selector = new LabelSelector
        {
            MatchExpressions = [new LabelSelectorRequirement { Key = "a", Operator = "NotIn", Values = ["1"] }],
        };

        Assert.True(selector.Matches(null));
        Assert.False(selector.Matches(new Dictionary<string, string> { ["a"] = "1" }));
    }
}
