using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Control.Jobs;
using Edge.Server.Control.Workloads;
using Edge.Server.Schema;
using Edge.Server.Schema.Bodies;
using Edge.Server.Store;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Control;

/// <summary>
/// One golden case of a controller: the cluster that <c>in.yaml</c> describes, in a real store. tests/Cases/README.md
/// says what may be left out.
/// </summary>
internal sealed class ControlCase : IAsyncDisposable
{
    private const string Created = "2025-12-31T23:00:00Z";

    private readonly StoreFixture _fixture = new();
    private readonly Dictionary<string, JsonObject> _byRef = [];

    private ControlCase(JsonObject input)
    {
        Input = input;
        Key = input["key"]?.ToString() ?? "default/web";
        World = new ControlWorld(_fixture);
    }

    /// <summary>The whole file, for parts that one controller alone reads.</summary>
    public JsonObject Input { get; }

    /// <summary>What the controller is asked to look at.</summary>
    public string Key { get; }

    public ControlWorld World { get; }

    public static async Task<ControlCase> Load(string folder)
    {
        var input = Parse(await File.ReadAllTextAsync(Path.Combine(folder, "in.yaml")));
        var loaded = new ControlCase(input);
        await loaded.Put(Namespace("default"));
        foreach (var part in new[] { "objects", "revisions", "nodes", "pods" })
        {
            foreach (var item in (input[part] as JsonArray ?? []).OfType<JsonObject>())
            {
                var obj = item.DeepClone().AsObject();
                await loaded.Put(part switch
                {
                    "revisions" => RevisionInShort.Object(obj, loaded._byRef[obj["of"]!.ToString()]),
                    "nodes" => Node(obj),
                    "pods" => loaded.Pod(obj),
                    _ => obj,
                });
            }
        }

        if (input["now"]?.ToString() is { } now)
        {
            loaded._fixture.Clock.Advance(DateTimeOffset.Parse(now) - loaded._fixture.Clock.GetUtcNow());
        }

        loaded.World.Prime();
        return loaded;
    }

    /// <summary>A cluster with nothing in it but a namespace.</summary>
    public static async Task<ControlCase> Empty()
    {
        var empty = new ControlCase([]);
        await empty.Put(Namespace("default"));
        return empty;
    }

    /// <summary>Stores manifests, written as for <c>kubectl create -f</c>.</summary>
    public async Task Apply(string manifests)
    {
        foreach (var manifest in manifests.Split("\n---\n"))
        {
            await Put(Parse(manifest));
        }

        World.Prime();
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static JsonObject Parse(string yaml)
    {
        var (tree, duplicates) = YamlTreeReader.Read(Encoding.UTF8.GetBytes(yaml));
        Assert.Empty(duplicates);
        return tree!.AsObject();
    }

    /// <summary>Stores an object with what the API would have filled in.</summary>
    private async Task Put(JsonObject obj)
    {
        var owner = Take(obj, "ownedBy");
        var version = obj["apiVersion"]!.ToString().Split('/');
        var (group, name) = version is [var first, var second] ? (first, second) : ("", version[0]);
        var schema = SchemaCatalog.Default.FindKind(group, name, obj["kind"]!.ToString())
            ?? throw new InvalidDataException($"no kind {obj["kind"]}");
        var status = obj["status"]?.DeepClone();
        var metadata = obj.Ensure("metadata");
        if (schema.Namespaced)
        {
            metadata["namespace"] ??= "default";
        }

        metadata["uid"] ??= $"uid-of-{metadata["name"]}";
        metadata["creationTimestamp"] ??= Created;
        metadata["generation"] ??= 1;
        if (owner is not null)
        {
            metadata["ownerReferences"] = new JsonArray(OwnerOf(owner));
        }

        var given = metadata.DeepClone();
        ObjectStrategy.PrepareForCreate(schema, obj);
        ObjectDefaults.Fill(schema, obj);
        obj["metadata"] = given;
        if (status is not null)
        {
            obj["status"] = status;
        }

        var decoded = Assert.IsType<DecodeResult.Decoded>(
            ObjectDecoder.FromTree(schema, obj.DeepClone().AsObject(), FieldValidation.Strict));
        _byRef[$"{schema.Kind}/{metadata["name"]}"] = decoded.Object;
        await _fixture.Put(
            StoreKeys.For(schema.Group, schema.Plural, given["namespace"]?.ToString(), given["name"]!.ToString()),
            Encoding.UTF8.GetString(ObjectBytes.Write(decoded.Object)));
    }

    private JsonObject OwnerOf(string reference)
    {
        var owner = _byRef.GetValueOrDefault(reference)
            ?? throw new InvalidDataException($"{reference} must stand before what it owns");
        return new JsonObject
        {
            ["apiVersion"] = owner["apiVersion"]!.DeepClone(),
            ["kind"] = owner["kind"]!.DeepClone(),
            ["name"] = owner["metadata"]!["name"]!.DeepClone(),
            ["uid"] = owner["metadata"]!["uid"]!.DeepClone(),
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        };
    }

    /// <summary>A pod in short: of an owner's template, on a node, running and ready unless it says else.</summary>
    private JsonObject Pod(JsonObject given)
    {
        var of = Take(given, "of");
        var template = of is null ? null : _byRef[of]["spec"]?["template"];
        var node = Take(given, "node");
        var phase = Take(given, "phase") ?? (node is null ? "Pending" : "Running");
        var ready = Take(given, "ready") ?? (phase == "Running" ? "True" : "False");
        var since = Take(given, "since") ?? Created;
        var metadata = PodMeta(given, of, template);
        var spec = given["spec"]?.DeepClone() as JsonObject
            ?? template?["spec"]?.DeepClone() as JsonObject
            ?? new JsonObject
            {
                ["containers"] = new JsonArray(new JsonObject { ["name"] = "main", ["image"] = "busybox" }),
            };
        var status = given["status"]?.DeepClone() as JsonObject ?? new JsonObject();
        status["phase"] ??= phase;
        if (node is not null)
        {
            spec["nodeName"] = node;
            status["startTime"] ??= metadata["creationTimestamp"]!.DeepClone();
            status["conditions"] ??= new JsonArray(
                new JsonObject { ["type"] = "Ready", ["status"] = ready, ["lastTransitionTime"] = since });
        }

        var pod = new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status,
        };
        if (of is not null)
        {
            pod["ownedBy"] = of;
        }

        foreach (var known in new[] { "labels", "annotations", "finalizers", "spec", "status" })
        {
            given.Remove(known);
        }

        return given.Count == 0 ? pod : throw new InvalidDataException($"a pod has no {given.First().Key} in short");
    }

    private static JsonObject PodMeta(JsonObject given, string? of, JsonNode? template)
    {
        var deleting = Take(given, "deleting");
        var grace = long.Parse(Take(given, "grace") ?? "30");
        var index = Take(given, "index");
        if (of?.StartsWith("Job/", StringComparison.Ordinal) == true)
        {
            given["finalizers"] ??= new JsonArray(JobFinalizer.Name);
        }

        var metadata = new JsonObject
        {
            ["name"] = Take(given, "name"),
            ["creationTimestamp"] = Take(given, "created") ?? Created,
            ["labels"] = given["labels"]?.DeepClone() ?? template?["metadata"]?["labels"]?.DeepClone(),
            ["annotations"] =
                given["annotations"]?.DeepClone() ?? template?["metadata"]?["annotations"]?.DeepClone(),
            ["finalizers"] = given["finalizers"]?.DeepClone(),
        };
        RevisionInShort.Mark(metadata, of, Take(given, "revision"));
        foreach (var empty in metadata.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList())
        {
            metadata.Remove(empty);
        }

        if (deleting is not null)
        {
            (metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"]) = (deleting, grace);
        }

        if (index is not null)
        {
            metadata.Ensure("annotations")[JobState.IndexAnnotation] = index;
        }

        return metadata;
    }

    /// <summary>A node in short: Ready unless <c>ready</c> says False or Unknown.</summary>
    private static JsonObject Node(JsonObject given)
    {
        var metadata = new JsonObject { ["name"] = Take(given, "name") };
        if (given["labels"] is { } labels)
        {
            metadata["labels"] = labels.DeepClone();
        }

        return new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "Node", ["metadata"] = metadata,
            ["spec"] = given["spec"]?.DeepClone() ?? new JsonObject(),
            ["status"] = given["status"]?.DeepClone() ?? new JsonObject
            {
                ["allocatable"] = new JsonObject { ["cpu"] = "4", ["memory"] = "8Gi", ["pods"] = "110" },
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = "Ready", ["status"] = Take(given, "ready") ?? "True",
                    ["lastTransitionTime"] = Take(given, "since") ?? Created,
                }),
            },
        };
    }

    private static JsonObject Namespace(string name) => new()
    {
        ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name },
    };

    private static string? Take(JsonObject given, string name)
    {
        var value = given[name]?.ToString();
        given.Remove(name);
        return value switch { "true" => "True", "false" => "False", _ => value };
    }
}
