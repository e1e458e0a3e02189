using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Bodies;
using Edge.Server.Store;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control.GarbageCollection;

/// <summary>
/// Golden cases of <c>tests/Cases/garbage-collection</c>; its README says what a case holds. With EDGE_WRITE_CASES=1
/// the answers are written instead of compared, to be read before they are committed.
/// </summary>
public sealed class CaseTests
{
    public static TheoryData<string> Cases() =>
        [.. Directory.GetDirectories(Root()).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_case_answers_as_its_file_says(string name)
    {
        var folder = Path.Combine(Root(), name);
        var (input, _) = YamlTreeReader.Read(File.ReadAllBytes(Path.Combine(folder, "in.yaml")));
        var answer = await Answer(input!);
        Assert.Equal(GoldenFile.Expected(Path.Combine(folder, "out.txt"), answer), answer);
    }

    [Fact]
    public void There_are_cases() => Assert.True(Cases().Count >= 20);

    private static async Task<string> Answer(JsonNode input)
    {
        await using var world = new CollectorWorld();
        foreach (var ns in new[] { "default", "other" })
        {
            await world.Put(
                Resources.Namespaces.KeyOf(null, ns),
                new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns } });
        }

        foreach (var entry in input.Objects("objects"))
        {
            await world.Put(KeyOf(entry), Full(entry));
        }

        var lines = new StringBuilder();
        await world.Start();
        await world.Settle();
        Print(lines, "start", world);
        foreach (var step in input.Objects("steps"))
        {
            await Do(world, step);
            await world.Settle();
            Print(lines, string.Join(' ', step.Select(field => $"{field.Key} {Word(field.Value)}")), world);
        }

        return lines.ToString();
    }

    private static async Task Do(CollectorWorld world, JsonObject step)
    {
        switch (step.First().Key)
        {
            case "create":
                await world.Put(KeyOf(step.Object("create")!), Full(step.Object("create")!));
                break;
            case "change":
                var change = step.Object("change")!;
                await world.Objects.Update(KeyOf(change), tree => Changed(tree, Full(change)), default);
                break;
            case "delete":
                var wish = new DeletionWish(
                    step.Number("grace"),
                    step.Text("policy") is { Length: > 0 } policy ? Enum.Parse<Propagation>(policy) : null);
                var seen = world.Store.Get(KeyOf(step))
                    ?? throw new InvalidDataException($"there is no {step.ToJsonString()}");
                await world.Objects.TryDelete(seen, wish, [], default);
                break;
            case "collector":
                await (step.Text("collector") == "killed" ? world.Stop() : world.Start());
                break;
            default:
                throw new InvalidDataException($"a case knows no step {step.ToJsonString()}");
        }
    }

    /// <summary>The owners and finalizers are what a change replaces.</summary>
    private static JsonObject Changed(JsonObject tree, JsonObject wanted)
    {
        foreach (var field in new[] { "ownerReferences", "finalizers" })
        {
            tree.Object("metadata")!.Remove(field);
            if (wanted.Object("metadata")?[field] is { } value)
            {
                tree.Ensure("metadata")[field] = value.DeepClone();
            }
        }

        return tree;
    }

    private static void Print(StringBuilder lines, string title, CollectorWorld world)
    {
        lines.Append(title).Append('\n');
        foreach (var stored in world.Store.List("/registry/").Items)
        {
            var tree = ObjectBytes.Read(stored);
            if (stored.Key.StartsWith(Resources.Namespaces.Prefix(), StringComparison.Ordinal))
            {
                continue;
            }

            lines.Append(StoreKeys.IsEvent(stored.Key)
                ? $"  event {tree.Text("type")} {tree.Text("reason")}: {tree.Text("message")}\n"
                : $"  {Described(stored.Key, tree)}\n");
        }
    }

    private static string Described(string key, JsonObject tree)
    {
        var metadata = tree.Object("metadata");
        var text = new StringBuilder(string.Join('/', key.Split('/')[3..]));
        if (metadata.Text("deletionTimestamp").Length > 0)
        {
            text.Append($" deleting in {metadata.Number("deletionGracePeriodSeconds")} s");
        }

        if (metadata.Items("finalizers") is { Count: > 0 } finalizers)
        {
            text.Append($" held by {string.Join(", ", finalizers)}");
        }

        foreach (var owner in metadata.Objects("ownerReferences"))
        {
            text.Append($" {(owner.Flag("blockOwnerDeletion") ? "blocks" : "of")} {owner.Text("name")}");
        }

        return text.ToString();
    }

    private static string Word(JsonNode? value) =>
        value is JsonObject entry ? entry.Text("name") : JsonTree.AsText(value) ?? value!.ToString();

    /// <summary>An entry as an object: what is left out is the usual.</summary>
    private static JsonObject Full(JsonObject entry)
    {
        var ns = NamespaceOf(entry);
        var metadata = new JsonObject
        {
            ["name"] = NameOf(entry), ["uid"] = entry["uid"]?.ToString() ?? $"uid-of-{NameOf(entry)}",
        };
        if (ns is not null)
        {
            metadata["namespace"] = ns;
        }

        foreach (var field in new[] { "finalizers", "deletionTimestamp", "deletionGracePeriodSeconds" })
        {
            if (entry[field] is { } value)
            {
                metadata[field] = value.DeepClone();
            }
        }

        if (entry.Objects("owners").ToList() is { Count: > 0 } owners)
        {
            metadata["ownerReferences"] = new JsonArray([.. owners.Select(OwnerOf)]);
        }

        var tree = new JsonObject
        {
            ["apiVersion"] = ApiVersion(entry), ["kind"] = Kind(entry), ["metadata"] = metadata,
        };
        foreach (var field in new[] { "spec", "status" })
        {
            tree[field] = entry[field]?.DeepClone() ?? new JsonObject();
        }

        return tree;
    }

    private static JsonObject OwnerOf(JsonObject entry)
    {
        var owner = new JsonObject
        {
            ["apiVersion"] = ApiVersion(entry),
            ["kind"] = Kind(entry),
            ["name"] = entry.Text("name"),
            ["uid"] = entry["uid"]?.ToString() ?? $"uid-of-{entry.Text("name")}",
        };
        if (entry.Flag("block"))
        {
            owner["blockOwnerDeletion"] = true;
        }

        return owner;
    }

    private static string Kind(JsonObject entry) => entry["kind"]?.ToString() ?? "ConfigMap";

    private static string NameOf(JsonObject entry) => entry["name"]?.ToString() ?? entry.Text("delete");

    private static string ApiVersion(JsonObject entry) => entry["apiVersion"]?.ToString() ?? "v1";

    private static string? NamespaceOf(JsonObject entry) =>
        SchemaOf(entry).Namespaced ? entry["namespace"]?.ToString() ?? "default" : null;

    private static string KeyOf(JsonObject entry) =>
        StoreKeys.For(SchemaOf(entry).Group, SchemaOf(entry).Plural, NamespaceOf(entry), NameOf(entry));

    private static ResourceSchema SchemaOf(JsonObject entry) => SchemaCatalog.Default.Resources.Single(
        schema => schema.ApiVersion == ApiVersion(entry) && schema.Kind == Kind(entry));

    private static string Root() => Repository.Cases("garbage-collection");
}
