using Edge.Proto.Model;

namespace Edge.Tests.Proto.Model;

/// <summary>Terms by which a DaemonSet's template chooses nodes.</summary>
public sealed class NodeMatchTests
{
    private static readonly Dictionary<string, string> s_labels = new() { ["zone"] = "a", ["cores"] = "8" };

    [Theory]
    [InlineData("zone", "In", "a,b", true)]
    [InlineData("zone", "In", "b", false)]
    [InlineData("none", "In", "a", false)]
    [InlineData("zone", "NotIn", "b", true)]
    [InlineData("zone", "NotIn", "a", false)]
    [InlineData("none", "NotIn", "a", true)]
    [InlineData("zone", "Exists", "", true)]
    [InlineData("none", "Exists", "", false)]
    [InlineData("none", "DoesNotExist", "", true)]
    [InlineData("zone", "DoesNotExist", "", false)]
    [InlineData("cores", "Gt", "4", true)]
    [InlineData("cores", "Gt", "8", false)]
    [InlineData("cores", "Lt", "16", true)]
    [InlineData("zone", "Lt", "16", false)]
    [InlineData("none", "Gt", "1", false)]
    public void An_expression_holds_as_its_operator_says(string key, string op, string values, bool holds) =>
        Assert.Equal(holds, Matches(Term([Wanted(key, op, values)], null)));

    [Fact]
    public void All_of_a_term_and_one_of_the_terms_must_hold()
    {
        var zone = Wanted("zone", "In", "a");
        Assert.False(Matches(Term([zone, Wanted("cores", "Lt", "2")], null)));
        Assert.True(Matches(Term([zone], [Wanted("metadata.name", "In", "n1")])));
        Assert.False(Matches(Term([zone], [Wanted("metadata.name", "In", "n2")])));
        Assert.False(Matches(Term([zone], [Wanted("metadata.uid", "In", "n1")])));
        Assert.True(Matches(Term([Wanted("none", "Exists", "")], null), Term([zone], null)));
        Assert.False(Matches(Term(null, null)));
        Assert.False(Matches());
    }

    private static NodeSelectorRequirement Wanted(string key, string op, string values) =>
        new() { Key = key, Operator = op, Values = values.Split(',', StringSplitOptions.RemoveEmptyEntries) };

    private static NodeSelectorTerm Term(
        IReadOnlyList<NodeSelectorRequirement>? expressions, IReadOnlyList<NodeSelectorRequirement>? fields) =>
        new() { MatchExpressions = expressions, MatchFields = fields };

    private static bool Matches(params NodeSelectorTerm[] terms) =>
        NodeMatch.Matches(new NodeSelector { NodeSelectorTerms = terms }, "n1", s_labels);
}
