using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

/// <summary>Bodies made to exhaust a parser, or that only a hostile client sends: each is refused by name.</summary>
public sealed class HostileBodyTests
{
    private static readonly JsonObject s_map = Samples.Tree(
        """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"b"}}""");

    [Theory]
    [InlineData("""[{"op":"add","path":"/data/a","value":"\ud800"}]""")]
    [InlineData("""[{"op":"add","path":"/data/a","value":"\udc00x"}]""")]
    public void Half_a_character_in_a_patch_is_no_json(string patch)
    {
        Assert.IsType<PatchResult.Malformed>(JsonPatch.Apply(s_map, Samples.Bytes(patch)));
        var body = Samples.Bytes("""{"data":{"a":"\ud800"}}""");
        Assert.IsType<PatchResult.Malformed>(MergePatch.Apply(s_map, body));
        Assert.IsType<PatchResult.Malformed>(StrategicMerge.Apply(Samples.ConfigMap, s_map, body));
    }

    [Fact]
    public void Copies_of_copies_are_refused_before_they_fill_the_memory()
    {
        var operations = Enumerable.Repeat("""{"op":"copy","from":"/data","path":"/data/x"}""", 40)
            .Select((text, i) => text.Replace("/x", $"/x{i}", StringComparison.Ordinal));
        var answer = JsonPatch.Apply(s_map, Samples.Bytes($"[{string.Join(',', operations)}]"));

        Assert.Contains(
            "accumulated size increase of copy", Assert.IsType<PatchResult.Unprocessable>(answer).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_into_copies_are_refused_before_they_are_too_deep_to_be_read()
    {
        var path = "/data";
        var operations = new List<string>();
        for (var i = 0; i < 14; i++)
        {
            operations.Add($$"""{"op":"copy","from":"/data","path":"{{path}}/x"}""");
            path = string.Concat(Enumerable.Repeat("/x", (1 << (i + 1)) - 1)).Insert(0, "/data");
        }

        var answer = JsonPatch.Apply(s_map, Samples.Bytes($"[{string.Join(',', operations)}]"));
        Assert.IsType<PatchResult.Unprocessable>(answer);
    }

    [Fact]
    public void A_patch_cannot_make_an_object_deeper_than_a_body_may_be()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 120)) + "1" + new string('}', 120);
        var under = string.Concat(Enumerable.Repeat("/a", 120));
        var patch = $$"""
            [{"op":"add","path":"/data","value":{{deep}}},{"op":"add","path":"/data{{under}}","value":{{deep}}}]
            """;

        Assert.IsType<PatchResult.Unprocessable>(JsonPatch.Apply(s_map, Samples.Bytes(patch)));
    }

    [Fact]
    public void Aliases_of_long_texts_are_refused_before_they_are_written_out()
    {
        var yaml = $"data:\n  a: &a {new string('x', 100_000)}\n"
            + string.Concat(Enumerable.Range(0, 1000).Select(i => $"  a{i}: *a\n"));
        var answer = ObjectDecoder.FromYaml(Samples.ConfigMap, Samples.Bytes(yaml), FieldValidation.Warn);
        Assert.Contains("aliases unfold to too much", Samples.Failure(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_in_aliases_are_refused_where_they_are_too_deep()
    {
        var yaml = new StringBuilder("x0: &x0 {a: b}\n");
        for (var i = 1; i < 30; i++)
        {
            yaml.Append($"x{i}: &x{i} {new string('[', 60)}*x{i - 1}{new string(']', 60)}\n");
        }

        var answer = ObjectDecoder.FromYaml(
            Samples.ConfigMap, Samples.Bytes(yaml.ToString()), FieldValidation.Ignore);
        Assert.Contains("too deep", Samples.Failure(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metadata: {name: fronten---\nd}\nspe0 0 31 2 *ten-minSeconds> -1\n  selector: {m: {a: b}}\n")]
    [InlineData("a: \"\\UFFFFFFFF\"")]
    [InlineData("a: !<")]
    [InlineData("? [a]\n: b")]
    public void Text_that_is_no_yaml_is_refused_whatever_the_library_makes_of_it(string text)
    {
        var answer = ObjectDecoder.FromYaml(Samples.ConfigMap, Samples.Bytes(text), FieldValidation.Warn);
        Assert.Contains("yaml parse error", Samples.Failure(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_object_of_any_form_survives_protobuf()
    {
        var schema = Samples.Kind("apps", "ControllerRevision");
        // revision.data is a RawExtension: {2: {1: "{}"}}.
        byte[] body =
            [.. "k8s\0"u8, 0x12, 0x06, 0x12, 0x04, 0x0a, 0x02, (byte)'{', (byte)'}'];
        Assert.NotNull(Samples.Decoded(ObjectDecoder.FromProtobuf(schema, body)).Object["data"]);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/yaml")]
    public void A_long_name_around_many_values_costs_little_more_than_its_bytes(string type)
    {
        var name = new string('n', 100_000);
        var values = string.Join(',', Enumerable.Repeat(1, 20_000));
        var body = Samples.Bytes($"{{\"{name}\":{{\"a\":[{values}],\"a\":1}}}}");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var answer = type == "application/json"
            ? ObjectDecoder.FromJson(Samples.ConfigMap, body, FieldValidation.Strict)
            : ObjectDecoder.FromYaml(Samples.ConfigMap, body, FieldValidation.Strict);

        // The path of each value written out would be 2 GB for each of the two readers.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000_000);
        Assert.InRange(Samples.Failure(answer).Length, 1, 10_000);
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("8Ei")]
    [InlineData("100E")]
    public void A_quantity_beyond_64_bits_is_the_largest_there_is(string text)
    {
        // As upstream's parser caps it.
        Assert.Equal(long.MaxValue, Quantity.Parse(text).Units);
        Assert.Equal(long.MinValue + 1, Quantity.Parse($"-{text}").Units);
        Assert.Equal(long.MaxValue, Quantity.Parse(text).MilliValue);
        Assert.Equal(long.MaxValue, (Quantity.Parse(text) + Quantity.Parse(text)).Units);
        Assert.Equal(text, Quantity.Parse(text).ToString());
    }

    [Fact]
    public void What_is_stored_deep_can_be_read_again()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 120)) + "1" + new string('}', 120);
        var body = $$$"""{"metadata":{"name":"a"},"revision":1,"data":{{{deep}}}}""";
        var obj = Samples.Decoded(ObjectDecoder.FromJson(
            Samples.Kind("apps", "ControllerRevision"), Samples.Bytes(body), FieldValidation.Warn)).Object;
        var stored = new Edge.Server.Store.StoredObject("/registry/a", 7, Edge.Server.Store.ObjectBytes.Write(obj));

        Assert.Equal("7", Edge.Server.Store.ObjectBytes.Read(stored).At("metadata.resourceVersion")!.ToString());
    }
}
