using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

public sealed class PatchTests
{
    [Theory]
    [InlineData("""[{"op":"add","path":"/l/-","value":3}]""", """{"a":{"b":1},"l":[1,2,3]}""")]
    [InlineData("""[{"op":"add","path":"/l/0","value":0}]""", """{"a":{"b":1},"l":[0,1,2]}""")]
    [InlineData("""[{"op":"remove","path":"/a/b"}]""", """{"a":{},"l":[1,2]}""")]
    [InlineData("""[{"op":"replace","path":"/l/1","value":null}]""", """{"a":{"b":1},"l":[1,null]}""")]
    [InlineData("""[{"op":"move","from":"/a","path":"/c~1d"}]""", """{"c/d":{"b":1},"l":[1,2]}""")]
    [InlineData("""[{"op":"copy","from":"/a","path":"/c"}]""", """{"a":{"b":1},"c":{"b":1},"l":[1,2]}""")]
    [InlineData("""[{"op":"test","path":"/a/b","value":1},{"op":"remove","path":"/l"}]""", """{"a":{"b":1}}""")]
    [InlineData("""[{"op":"remove","path":"/l/-1"},{"op":"add","path":"/l/-1","value":9}]""",
        """{"a":{"b":1},"l":[1,9]}""")]
    [InlineData("""[{"op":"test","path":"/a/c","value":null},{"op":"remove","path":"/l"}]""", """{"a":{"b":1}}""")]
    public void A_json_patch_applies(string patch, string expected) =>
        Samples.Same(expected, Samples.Patched(
            JsonPatch.Apply(Samples.Tree("""{"a":{"b":1},"l":[1,2]}"""), Samples.Bytes(patch))));

    [Theory]
    [InlineData("""[{"op":"test","path":"/a/b","value":2}]""")]
    [InlineData("""[{"op":"remove","path":"/x"}]""")]
    [InlineData("""[{"op":"remove","path":"/l/-3"}]""")]
    [InlineData("""[{"op":"test","path":"/x/y","value":null}]""")]
    [InlineData("""[{"op":"replace","path":"/l/2","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/x/y","value":1}]""")]
    [InlineData("""[{"op":"nonsense","path":"/a"}]""")]
    [InlineData("""[{"op":"replace","path":"","value":1}]""")]
    public void An_operation_that_does_not_fit_changes_nothing(string patch)
    {
        var original = Samples.Tree("""{"a":{"b":1},"l":[1,2]}""");

        Assert.IsType<PatchResult.Unprocessable>(JsonPatch.Apply(original, Samples.Bytes(patch)));
        Samples.Same("""{"a":{"b":1},"l":[1,2]}""", original);
    }

    [Fact]
    public void A_json_patch_of_too_many_operations_is_refused()
    {
        var one = """{"op":"test","path":"/a","value":1}""";
        var patch = $"[{string.Join(',', Enumerable.Repeat(one, JsonPatch.MaxOperations + 1))}]";

        var refused = Assert.IsType<PatchResult.Malformed>(
            JsonPatch.Apply(Samples.Tree("""{"a":1}"""), Samples.Bytes(patch)));
        Assert.True(refused.TooLarge);
    }

    [Theory]
    [InlineData("""{"a":"z","c":{"f":null}}""", """{"a":"z","c":{"d":"e"}}""")]
    [InlineData("""{"c":{"g":{"h":null,"i":1}}}""", """{"a":"b","c":{"d":"e","f":"g","g":{"i":1}}}""")]
    [InlineData("""{"a":[1],"c":null}""", """{"a":[1]}""")]
    public void A_merge_patch_applies(string patch, string expected) =>
        Samples.Same(expected, Samples.Patched(MergePatch.Apply(
            Samples.Tree("""{"a":"b","c":{"d":"e","f":"g"}}"""), Samples.Bytes(patch))));

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    public void A_merge_patch_that_is_no_object_is_malformed(string patch) =>
        Assert.IsType<PatchResult.Malformed>(MergePatch.Apply([], Samples.Bytes(patch)));

    [Theory]
    [InlineData(
        """{"containers":[{"name":"b","image":"2"}]}""",
        """[{"name":"a","image":"1"},{"name":"b","image":"2"}]""")]
    [InlineData("""{"containers":[{"name":"a","$patch":"delete"}]}""", """[{"name":"b"}]""")]
    [InlineData("""{"containers":[{"$patch":"replace"},{"name":"z"}]}""", """[{"name":"z"}]""")]
    [InlineData(
        """{"containers":[{"name":"a","$patch":"replace","tty":true},{"name":"z"}]}""", """[{"name":"z"}]""")]
    [InlineData(
        """{"containers":[{"name":"new"}]}""", """[{"name":"new"},{"name":"a","image":"1"},{"name":"b"}]""")]
    [InlineData("""{"containers":[{"name":"b"},{"name":"a"}]}""", """[{"name":"b"},{"name":"a","image":"1"}]""")]
    [InlineData(
        """{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b"}]}""",
        """[{"name":"b"},{"name":"a","image":"1"}]""")]
    [InlineData(
        """{"$setElementOrder/containers":[{"name":"new"},{"name":"b"}],"containers":[{"name":"new"}]}""",
        """[{"name":"new"},{"name":"a","image":"1"},{"name":"b"}]""")]
    public void Containers_merge_by_name(string patch, string expected)
    {
        var pod = Samples.Tree("""{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b"}]}}""");

        var merged = Samples.Patched(
            StrategicMerge.Apply(Samples.Pod, pod, Samples.Bytes($"{{\"spec\":{patch}}}")));

        Samples.Same(expected, merged.At("spec.containers"));
    }

    [Fact]
    public void A_list_without_a_key_is_replaced_and_a_map_can_be()
    {
        var pod = Samples.Tree("""{"metadata":{"labels":{"a":"1"}},"spec":{"tolerations":[{"key":"a"}]}}""");
        var patch = """{"metadata":{"labels":{"$patch":"replace","b":"2"}},"spec":{"tolerations":[{"key":"b"}]}}""";

        var merged = Samples.Patched(StrategicMerge.Apply(Samples.Pod, pod, Samples.Bytes(patch)));

        Samples.Same("""{"metadata":{"labels":{"b":"2"}},"spec":{"tolerations":[{"key":"b"}]}}""", merged);
    }

    [Fact]
    public void An_element_without_its_key_is_refused()
    {
        var pod = Samples.Tree("""{"spec":{"containers":[{"name":"a"}]}}""");

        var refused = Assert.IsType<PatchResult.Unprocessable>(
            StrategicMerge.Apply(Samples.Pod, pod, Samples.Bytes("""{"spec":{"containers":[{"image":"x"}]}}""")));
        Assert.Contains("does not contain declared merge key: name", refused.Message, StringComparison.Ordinal);
    }
}
