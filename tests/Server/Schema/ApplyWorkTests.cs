using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;

namespace Edge.Tests.Server.Schema;

/// <summary>
/// Bodies as large as a body may be cost little more in their worst order than in their best. Whatever compares each
/// with each would take minutes.
/// </summary>
public sealed class ApplyWorkTests
{
    private const int Many = 150_000;

    private static readonly SchemaNode _map = Samples.ConfigMap.Tree;
    private static readonly ResourceSchema _pod = Samples.Kind("", "Pod");

    [Fact]
    public void Fields_in_the_wrong_order_are_collected_as_fast_as_in_the_right_one()
    {
        var (right, wrong) = (Data(Keys()), Data(Keys().Reverse()));
        Work.AssertNearlyAsFast(() => FieldsOf.Object(_map, right), () => FieldsOf.Object(_map, wrong));
        Assert.True(FieldsOf.Object(_map, right).IsSame(FieldsOf.Object(_map, wrong)));
    }

    [Fact]
    public void Owners_in_the_wrong_order_are_read_as_fast_as_in_the_right_one()
    {
        var (right, wrong) = (Fields(Keys()), Fields(Keys().Reverse()));
        Work.AssertNearlyAsFast(
            () => FieldSetJson.Read(right, trusted: false)!, () => FieldSetJson.Read(wrong, trusted: false)!);
    }

    [Fact]
    public void Items_that_stand_many_times_are_joined_as_fast_as_those_that_stand_once()
    {
        static JsonObject Pod(Func<int, string> name) => new()
        {
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray([.. Enumerable.Range(0, 30_000).Select(at => new JsonObject
                {
                    ["name"] = name(at),
                    ["env"] = new JsonArray(new JsonObject { ["name"] = $"E{29_999 - at:D6}" }),
                })]),
            },
        };

        var (apart, together) = (Pod(at => $"c{at:D6}"), Pod(_ => "c"));
        Work.AssertNearlyAsFast(() => FieldsOf.Object(_pod.Tree, apart), () => FieldsOf.Object(_pod.Tree, together));
        var set = FieldsOf.Object(_pod.Tree, together);
        Assert.Equal(30_000, set.Find("f:spec")!.Below.Find("f:containers")!.Below.Nodes.Single()
            .Below.Find("f:env")!.Below.Nodes.Count);
    }

    [Fact]
    public void Taking_all_fields_out_is_as_fast_as_taking_none()
    {
        var obj = Data(Keys().Reverse());
        var all = FieldsOf.Object(_map, Data(Keys().Skip(1)));
        Work.AssertNearlyAsFast(
            () => FieldRemoval.Object(_map, obj, FieldSet.Empty), () => FieldRemoval.Object(_map, obj, all));
        Assert.Single(FieldRemoval.Object(_map, obj, all)["data"]!.AsObject());

        var none = obj.Copy();
        foreach (var key in Keys())
        {
            none["data"]![key] = null;
        }

        Work.AssertNearlyAsFast(() => FieldMerge.Object(_map, obj, obj), () => FieldMerge.Object(_map, obj, none));
    }

    [Fact]
    public void Taking_all_items_out_is_as_fast_as_taking_none()
    {
        static JsonObject Pod(int from) => new()
        {
            ["metadata"] = new JsonObject
            {
                ["finalizers"] = new JsonArray(
                    [.. Enumerable.Range(from, Many - from).Select(at => JsonValue.Create($"f{Many - at:D6}"))]),
            },
        };

        var (pod, set) = (Pod(0), FieldsOf.Object(_pod.Tree, Pod(1)));
        Work.AssertNearlyAsFast(
            () => FieldRemoval.Object(_pod.Tree, pod, FieldSet.Empty),
            () => FieldRemoval.Object(_pod.Tree, pod, set));
        Assert.Single(FieldRemoval.Object(_pod.Tree, pod, set)["metadata"]!["finalizers"]!.AsArray());
    }

    [Fact]
    public void A_long_name_around_many_fields_costs_little_more_than_its_bytes()
    {
        var env = new JsonArray([.. Enumerable.Range(0, 20_000).Select(at => new JsonObject { ["name"] = $"E{at}" })]);
        var pod = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray(new JsonObject { ["name"] = new string('n', 100_000), ["env"] = env }),
            },
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(ApplyCheck.Fault(_pod, pod));
        for (var at = 0; at < 20_000; at++)
        {
            env[at]!["odd"] = 1;
        }

        Assert.InRange(ApplyCheck.Fault(_pod, pod)!.Length, 100_000, 300_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000_000);
    }

    [Fact]
    public void A_thousand_entries_are_folded_as_fast_as_they_are_read()
    {
        FieldOwners Owners(int count) => new(Enumerable.Range(0, count).Select(at => new FieldOwner(
            $"u{at:D4}", Applied: false, "v1", "", null,
            FieldSetJson.Read(Fields(Enumerable.Range(0, 100).Select(key => $"{key:D4}-{at:D4}")), trusted: true)!)));

        var folded = Owners(1000).Capped();
        Assert.Equal(FieldOwners.UpdatesMax, folded.All.Count);
        Assert.Equal(99_100, folded.All.Single(owner => owner.Name == "ancient-changes").Fields.Nodes.Count);
    }

    private static IEnumerable<string> Keys() => Enumerable.Range(0, Many).Select(at => $"k{at:D6}");

    private static JsonObject Data(IEnumerable<string> keys) =>
        new() { ["data"] = new JsonObject(keys.Select(key => KeyValuePair.Create(key, (JsonNode?)"v"))) };

    private static JsonObject Fields(IEnumerable<string> keys) =>
        new(keys.Select(key => KeyValuePair.Create($"f:{key}", (JsonNode?)new JsonObject())));
}
