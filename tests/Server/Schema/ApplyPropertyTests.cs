using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;

namespace Edge.Tests.Server.Schema;

/// <summary>What must hold whoever applies what: random objects, manifests and owners, by seed.</summary>
public sealed class ApplyPropertyTests
{
    private const int Rounds = 100;
    private const int StepsOfARound = 8;

    private static readonly string[] _names = ["me", "you", "they"];
    private static readonly ResourceSchema _schema = Samples.Kind("apps", "Deployment");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Applying_is_idempotent_exact_and_never_steals(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var world = new ApplyWorld();
            for (var step = 0; step < StepsOfARound; step++)
            {
                Step(world, random, $"seed {seed}, round {round}, step {step}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_set_of_fields_survives_its_spelling(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var set = FieldsOf.Object(_schema.Tree, Manifest(random));
            using var stream = new MemoryStream();
            using (var writer = new System.Text.Json.Utf8JsonWriter(stream))
            {
                FieldSetJson.Write(writer, set);
            }

            var read = FieldSetJson.Read(JsonNode.Parse(stream.ToArray()), trusted: false);
            Assert.True(read!.IsSame(set));
            Assert.True(set.Difference(read).IsEmpty);
            Assert.True(set.Union(read).IsSame(set) && set.Intersection(read).IsSame(set));
        }
    }

    private static void Step(ApplyWorld world, Random random, string where)
    {
        var manifest = Manifest(random);
        var name = _names[random.Next(_names.Length)];
        var verb = world.Object is null || random.Next(3) > 0 ? "apply" : "update";
        var force = random.Next(4) == 0;
        var before = world.Owners;
        var live = world.Object?.Copy();
        var write = new JsonObject { ["as"] = name, [verb] = manifest, ["force"] = force };
        var said = world.Write(write);

        CheckOwners(world, where);
        if (verb == "update")
        {
            return;
        }

        if (said.Length > 0)
        {
            // 422: a container whose image belonged to whoever left it.
            Assert.True(said.StartsWith("422", StringComparison.Ordinal) || !force, said);
            Assert.True(JsonTree.Same(live, world.Object) && before.IsSame(world.Owners), where);
            return;
        }

        CheckMine(world, name, manifest, where);
        CheckOthers(world, before, name, force, live, where);
        var (shown, again) = (world.Show(), world.Write(write.Copy()));
        Assert.True(again.Length == 0 && shown == world.Show(), $"{where}: applied again\n{shown}\n{world.Show()}");
    }

    /// <summary>The applier owns exactly what it names, and that is what the object holds.</summary>
    private static void CheckMine(ApplyWorld world, string name, JsonObject manifest, string where)
    {
        var named = FieldTracking.Claims(FieldsOf.Object(_schema.Tree, manifest));
        var mine = world.Owners.All.Single(owner => owner.Applied && owner.Name == name);
        Assert.True(mine.Fields.IsSame(named), where);
        var merged = FieldMerge.Object(_schema.Tree, world.Object!, manifest);
        var changed = FieldComparison.Of(_schema.Tree, world.Object!, merged).Changed;
        Assert.True(FieldTracking.Claims(changed).IsEmpty, where);
    }

    /// <summary>Without force nobody loses a field that is still there.</summary>
    private static void CheckOthers(
        ApplyWorld world, FieldOwners before, string name, bool force, JsonObject? live, string where)
    {
        if (force || live is null)
        {
            return;
        }

        var held = FieldsOf.Object(_schema.Tree, world.Object!);
        foreach (var owner in before.All.Where(owner => !owner.Applied || owner.Name != name))
        {
            var left = world.Owners.Find(owner)?.Fields ?? FieldSet.Empty;
            Assert.True(owner.Fields.Difference(left).Intersection(held).IsEmpty, $"{where}: {owner.Name} lost fields");
        }
    }

    /// <summary>Nobody owns what is not there; nulls are never sent here.</summary>
    private static void CheckOwners(ApplyWorld world, string where)
    {
        var held = FieldsOf.Object(_schema.Tree, world.Object!).WithNamed(_schema.Tree);
        foreach (var owner in world.Owners.All)
        {
            Assert.False(owner.Fields.IsEmpty, where);
            Assert.True(owner.Fields.Difference(held).IsEmpty,
                $"{where}: {owner.Name} owns {string.Join(' ', owner.Fields.Difference(held).Paths())}");
        }
    }

    private static JsonObject Manifest(Random random)
    {
        var containers = new JsonArray();
        var names = new[] { "a", "b", "c", "d" };
        random.Shuffle(names);
        foreach (var name in names.Take(1 + random.Next(4)))
        {
            containers.Add(Container(random, name));
        }

        var labels = Some(random, ["x", "y"], new JsonObject { ["app"] = "w" });
        var spec = new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "w" } },
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = labels },
                ["spec"] = new JsonObject { ["containers"] = containers },
            },
        };
        if (random.Next(2) == 0)
        {
            spec["replicas"] = 1 + random.Next(3);
        }

        var metadata = new JsonObject
        {
            ["name"] = "w",
            ["labels"] = Some(random, ["k", "l", "m"], []),
            ["finalizers"] = new JsonArray([.. "qrs".Where(_ => random.Next(3) == 0)
                .Select(letter => JsonValue.Create($"ex.io/{letter}"))]),
        };
        return WithoutEmpty(new JsonObject
        {
            ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["metadata"] = metadata, ["spec"] = spec,
        });
    }

    private static JsonObject Container(Random random, string name)
    {
        var container = new JsonObject { ["name"] = name, ["image"] = $"i:{random.Next(2)}" };
        if (random.Next(2) == 0)
        {
            container["command"] = new JsonArray("run", $"{random.Next(2)}");
        }

        if (random.Next(2) == 0)
        {
            container["env"] = new JsonArray([.. "ABC".Where(_ => random.Next(2) == 0).Select(letter =>
                new JsonObject { ["name"] = $"{letter}", ["value"] = $"{random.Next(2)}" })]);
        }

        if (random.Next(2) == 0)
        {
            container["ports"] = new JsonArray([.. new[] { 80, 443 }.Where(_ => random.Next(2) == 0).Select(port =>
                new JsonObject { ["containerPort"] = port, ["hostIP"] = $"10.0.0.{random.Next(1, 3)}" })]);
        }

        return container;
    }

    /// <summary>Who owns an empty list or map owns nothing that could be seen.</summary>
    private static JsonObject WithoutEmpty(JsonObject obj)
    {
        foreach (var (name, value) in obj.ToList())
        {
            foreach (var inner in value is JsonArray list ? list.ToList() : [value])
            {
                _ = inner is JsonObject map ? WithoutEmpty(map) : null;
            }

            if (value is JsonObject { Count: 0 } or JsonArray { Count: 0 })
            {
                obj.Remove(name);
            }
        }

        return obj;
    }

    private static JsonObject Some(Random random, string[] names, JsonObject into)
    {
        foreach (var name in names.Where(_ => random.Next(2) == 0))
        {
            into[name] = $"{random.Next(2)}";
        }

        return into;
    }
}
