using System.Text.Json.Nodes;
using Edge.Server.Schema.Apply;

namespace Edge.Tests.Server.Schema;

/// <summary>What clients may send as sets of fields, and what messages show of them.</summary>
public sealed class FieldSetTests
{
    [Theory]
    [InlineData("""{"f:a":1}""")]
    [InlineData("""{"a":{}}""")]
    [InlineData("""{"x:a":{}}""")]
    [InlineData("""{"k:{":{}}""")]
    [InlineData("""{"k:[]":{}}""")]
    [InlineData("""{"k:{\"name\":\"\\ud800\"}":{}}""")]
    [InlineData("""{"v:":{}}""")]
    [InlineData("""{"i:one":{}}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public void What_is_no_set_is_refused(string json) =>
        Assert.Null(FieldSetJson.Read(JsonNode.Parse(json), trusted: false));

    [Fact]
    public void A_set_that_is_too_deep_is_refused()
    {
        static JsonNode? Deep(int steps) => JsonNode.Parse(
            string.Concat(Enumerable.Repeat("""{"f:a":""", steps)) + "{}" + new string('}', steps));

        Assert.NotNull(FieldSetJson.Read(Deep(40), trusted: false));
        Assert.Null(FieldSetJson.Read(Deep(60), trusted: false));
    }

    [Fact]
    public void A_step_has_one_spelling()
    {
        var set = FieldSetJson.Read(JsonNode.Parse(
            """{"k:{ \"protocol\" : \"TCP\", \"port\": 80 }":{".":{},"f:name":{}},"v: \"a\"":{},"i:-1":{}}"""), false)!;
        Assert.Equal(["""k:{"port":80,"protocol":"TCP"}""", "v:\"a\"", "i:-1"], set.Nodes.Select(node => node.Element));
        Assert.True(set.Has("""k:{"port":80,"protocol":"TCP"}""", "f:name"));
        Assert.Equal(
            ["""[port=80,protocol="TCP"]""", "[=\"a\"]", "[-1]", """[port=80,protocol="TCP"].name"""], set.Paths());
    }

    [Fact]
    public void Steps_have_one_order_and_only_the_same_text_is_the_same_step()
    {
        string[] inOrder =
        [
            "f:a", "f:a:10", "f:a:9",
            """k:{"port":-10}""", """k:{"port":-9}""", """k:{"port":9,"protocol":"TCP"}""",
            """k:{"port":9,"protocol":"UDP"}""", """k:{"port":10}""", """k:{"port":99999999999999999999999}""",
            "v:\"10\"", "v:\"a:10\"", "v:\"a:10x\"", "v:\"a:9\"", "v:\"a\\\":10\"", "v:\"a\\\":9\"",
            "v:-10", "v:-9", "v:5", "v:10", "v:10000000000000000000000", "v:1.5", "v:1e5", "v:false", "v:true",
            "i:-1", "i:2", "i:10",
        ];
        for (var at = 0; at < inOrder.Length; at++)
        {
            for (var to = 0; to < inOrder.Length; to++)
            {
                Assert.Equal((at.CompareTo(to), inOrder[at], inOrder[to]),
                    (Math.Sign(FieldElement.Compare(inOrder[at], inOrder[to])), inOrder[at], inOrder[to]));
            }
        }
    }

    [Fact]
    public void A_step_that_stands_twice_holds_what_stands_below_both()
    {
        static FieldSet.Node Node(string element, bool isMember, params FieldSet.Node[] below) =>
            new(element, isMember, FieldSet.Of([.. below]));

        var set = FieldSet.Of(
        [
            Node("f:b", false, FieldSet.Node.Leaf("f:y")), Node("f:a", true), Node("f:none", false),
            Node("f:b", true, FieldSet.Node.Leaf("f:x"), Node("f:y", false, FieldSet.Node.Leaf("f:z"))),
        ]);
        Assert.Equal([".a", ".b", ".b.x", ".b.y", ".b.y.z"], set.Paths());
    }

    [Fact]
    public void Ten_updaters_stay_and_appliers_do_not_count()
    {
        var set = FieldSet.Of([FieldSet.Node.Leaf("f:data")]);
        var owners = new FieldOwners(
        [
            .. Enumerable.Range(0, 2000).Select(at => new FieldOwner($"u{at}", false, $"v{at % 2}", "", Time(at), set)),
            .. Enumerable.Range(0, 20).Select(at => new FieldOwner($"a{at}", true, "v1", "", Time(at), set)),
        ]);

        var capped = owners.Capped();

        Assert.Equal(FieldOwners.UpdatesMax, capped.All.Count(owner => !owner.Applied));
        Assert.Equal(20, capped.All.Count(owner => owner.Applied));
        Assert.Equal(["v0", "v1"], capped.All.Where(owner => owner.Name == "ancient-changes")
            .Select(owner => owner.ApiVersion).Order());
        Assert.Same(capped, capped.Capped());
    }

    [Fact]
    public void Too_many_owners_are_not_believed()
    {
        var entry = """{"manager":"m","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{}}""";
        var many = JsonNode.Parse($"[{string.Join(',', Enumerable.Repeat(entry, 1001))}]");
        Assert.Null(FieldOwners.Read(many, trusted: false));
    }

    private static string Time(int minute) =>
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minute).ToString("yyyy-MM-ddTHH:mm:ssZ");
}
