using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

/// <summary>
/// Taking many fields out of an object takes about as long as leaving them: one by one, each would move all that stand
/// behind it, and a body of the size that is allowed would take minutes.
/// </summary>
public sealed class RemovalWorkTests
{
    private const int Many = 100_000;

    private static readonly JsonObject s_full = Samples.Tree(
        "{\"metadata\":{\"name\":\"a\"},\"data\":{" + Fields("\"v\"") + "}}");

    [Fact]
    public void Unknown_fields_are_dropped_as_fast_as_known_ones_are_kept()
    {
        var known = Samples.Bytes("{\"data\":{" + Fields("\"v\"") + "}}");
        var unknown = Samples.Bytes("{" + Fields("\"v\"") + "}");
        Work.AssertNearlyAsFast(() => Decode(known), () => Decode(unknown));
        Assert.Equal(["apiVersion", "kind"], Decode(unknown).Object.Select(field => field.Key));
    }

    [Fact]
    public void A_merge_patch_takes_fields_out_as_fast_as_it_puts_them_in()
    {
        var (put, take) = (Patch("\"w\""), Patch("null"));
        Work.AssertNearlyAsFast(() => MergePatch.Apply(s_full, put), () => MergePatch.Apply(s_full, take));
        Samples.Same("{}", Samples.Patched(MergePatch.Apply(s_full, take))["data"]);
    }

    [Fact]
    public void A_strategic_patch_takes_fields_out_as_fast_as_it_puts_them_in() =>
        AssertEmptiesAsFast(Patch("\"w\""), Patch("null"));

    [Fact]
    public void A_strategic_patch_that_retains_nothing_is_as_fast_as_one_that_retains_all()
    {
        static byte[] Retain(string keys) => Samples.Bytes("{\"data\":{\"$retainKeys\":[" + keys + "]}}");
        AssertEmptiesAsFast(
            Retain(string.Join(',', Enumerable.Range(0, Many).Select(at => $"\"k{at}\""))), Retain(""));
    }

    [Fact]
    public void Many_changes_of_one_item_are_merged_as_fast_as_changes_of_many()
    {
        var env = string.Join(',', Enumerable.Range(0, 20_000).Select(at => $"{{\"name\":\"E{at}\"}}"));
        var pod = Samples.Tree("{\"spec\":{\"containers\":[{\"name\":\"c\",\"env\":[" + env + "]}]}}");
        // The first one has the item read whole.
        static byte[] Changes(Func<int, string> name) => Samples.Bytes(
            "{\"spec\":{\"containers\":[{\"name\":\"c\",\"env\":[{\"name\":\"E0\",\"value\":\"v\"}]},"
            + string.Join(',', Enumerable.Range(0, 5_000).Select(
                at => $"{{\"name\":\"{name(at)}\",\"image\":\"i{at}\"}}")) + "]}}");
        var (many, one) = (Changes(at => $"d{at}"), Changes(_ => "c"));
        Work.AssertNearlyAsFast(
            () => StrategicMerge.Apply(Samples.Pod, pod, many), () => StrategicMerge.Apply(Samples.Pod, pod, one));
        var merged = Samples.Patched(StrategicMerge.Apply(Samples.Pod, pod, one)).At("spec").Objects("containers");
        Assert.Equal("i4999", Assert.Single(merged).Text("image"));
    }

    [Fact]
    public void All_items_of_a_set_are_deleted_as_fast_as_none()
    {
        static string Items(Func<int, int> number) =>
            string.Join(',', Enumerable.Range(0, 50_000).Select(at => $"\"f{number(at)}\""));
        static byte[] Delete(Func<int, int> number) => Samples.Bytes(
            "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[" + Items(number) + "]}}");
        var map = Samples.Tree("{\"metadata\":{\"finalizers\":[" + Items(at => at) + "]}}");
        var (none, all) = (Samples.Bytes("{\"metadata\":{}}"), Delete(at => 49_999 - at));
        Work.AssertNearlyAsFast(
            () => StrategicMerge.Apply(Samples.ConfigMap, map, none),
            () => StrategicMerge.Apply(Samples.ConfigMap, map, all));
        var left = Samples.Patched(StrategicMerge.Apply(Samples.ConfigMap, map, all));
        Samples.Same("[]", left.At("metadata.finalizers"));
    }

    /// <summary>Two strategic patches of the same object, of which the second leaves no data.</summary>
    private static void AssertEmptiesAsFast(byte[] keeps, byte[] empties)
    {
        Work.AssertNearlyAsFast(
            () => StrategicMerge.Apply(Samples.ConfigMap, s_full, keeps),
            () => StrategicMerge.Apply(Samples.ConfigMap, s_full, empties));
        Samples.Same("{}", Samples.Patched(StrategicMerge.Apply(Samples.ConfigMap, s_full, empties))["data"]);
    }

    private static string Fields(string value) =>
        string.Join(',', Enumerable.Range(0, Many).Select(at => $"\"k{at}\":{value}"));

    private static byte[] Patch(string value) => Samples.Bytes("{\"data\":{" + Fields(value) + "}}");

    private static DecodeResult.Decoded Decode(byte[] body) =>
        Samples.Decoded(ObjectDecoder.FromJson(Samples.ConfigMap, body, FieldValidation.Ignore));
}
