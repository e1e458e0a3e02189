using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;

namespace Edge.Tests.Server.Schema;

/// <summary>One object and the owners of its fields, written to by the steps of a case as the API would.</summary>
internal sealed class ApplyWorld
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions _flat = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private int _minute;

    public JsonObject? Object { get; private set; }

    public FieldOwners Owners { get; private set; } = FieldOwners.None;

    private static string Time(int minute) => _start.AddMinutes(minute).ToString("yyyy-MM-ddTHH:mm:ssZ");

    /// <summary>What the client is told; empty when it is just done.</summary>
    public string Write(JsonObject step)
    {
        var who = new FieldOwner(step.Text("as"), Applied: false, "", step.Text("subresource"), Time(_minute++),
            FieldSet.Empty);
        foreach (var (verb, value) in step)
        {
            switch (verb)
            {
                case "stored":
                    Store((JsonObject)value!);
                    return "";
                case "delete":
                    (Object, Owners) = (null, FieldOwners.None);
                    return "";
                case "create":
                    return Create((JsonObject)value!, who);
                case "apply":
                    return Apply((JsonObject)value!, who with { Applied = true }, step.Flag("force"));
                case "update":
                    return Update((JsonObject)value!, who);
                case "merge":
                    return Update(Patched(MergePatch.Apply(Object!, Bytes(value!))), who);
                case "json":
                    return Update(Patched(JsonPatch.Apply(Object!, Bytes(value!))), who);
                case "strategic":
                    return Update(Patched(StrategicMerge.Apply(SchemaOf(Object!), Object!, Bytes(value!))), who);
            }
        }

        throw new InvalidOperationException($"a step does nothing: {step.ToJsonString()}");
    }

    /// <summary>The object, then a line for each owner.</summary>
    public string Show()
    {
        if (Object is null)
        {
            return "no object\n";
        }

        var text = new StringBuilder(Sorted(Object)!.ToJsonString(_indented)).Append('\n');
        foreach (var entry in JsonNode.Parse(Written())!.AsArray())
        {
            var time = entry.Text("time") is { Length: > 0 } at ? at[11..16] : "-----";
            var below = entry.Text("subresource") is { Length: > 0 } name ? $"/{name}" : "";
            text.Append(time).Append(' ').Append(entry.Text("operation")).Append(' ').Append(entry.Text("manager"))
                .Append(below).Append(' ').Append(entry.Text("apiVersion")).Append(' ')
                .Append(entry.Object("fieldsV1")!.ToJsonString(_flat)).Append('\n');
        }

        return text.ToString();
    }

    private static JsonNode? Sorted(JsonNode? value) => value switch
    {
        JsonObject map => new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => value?.DeepClone(),
    };

    private string Written() => Owners.IsEmpty ? "[]" : Encoding.UTF8.GetString(Owners.Write().Span);

    public static ResourceSchema SchemaOf(JsonObject obj)
    {
        var version = obj.Text("apiVersion").Split('/');
        return Samples.Kind(version.Length == 1 ? "" : version[0], obj.Text("kind"), version[^1]);
    }

    private void Store(JsonObject obj)
    {
        var schema = SchemaOf(obj);
        Owners = FieldOwners.Read(obj.Object("metadata")!["managedFields"], trusted: false)!;
        obj.Object("metadata")!.Remove("managedFields");
        obj.Ensure("metadata")["uid"] ??= "uid-0";
        Object = Samples.Decoded(ObjectDecoder.FromTree(schema, obj.Copy(), FieldValidation.Strict)).Object;
    }

    private string Create(JsonObject body, FieldOwner who)
    {
        var schema = SchemaOf(body);
        var obj = Samples.Decoded(ObjectDecoder.FromTree(schema, body.Copy(), FieldValidation.Strict)).Object;
        ObjectDefaults.Fill(schema, obj);
        var time = who.Time!;
        var written = FieldOwners.WriteNew(schema, obj, who.Name, time);
        Owners = written.IsEmpty ? FieldOwners.None : FieldOwners.Read(JsonNode.Parse(written.Span), trusted: true)!;
        who = who with { ApiVersion = schema.ApiVersion };
        var compared = FieldTracking.Update(
            Versions(schema), [], WithoutStatus(schema, obj), FieldOwners.None, who);
        Assert.True(compared.IsSame(Owners), Written());
        Finish(schema, obj);
        return "";
    }

    /// <summary>What a create takes from a body.</summary>
    private static JsonObject WithoutStatus(ResourceSchema schema, JsonObject obj)
    {
        var main = obj.Copy();
        if (schema.HasStatus)
        {
            main.Remove("status");
        }

        return main;
    }

    private string Apply(JsonObject body, FieldOwner who, bool force)
    {
        var schema = SchemaOf(body);
        var decoded = ObjectDecoder.FromApply(schema, Bytes(body), FieldValidation.Strict);
        if (decoded is DecodeResult.Failed failed)
        {
            return $"400 {failed.Message}\n";
        }

        var (before, owned) = (Object, Owners);
        var versions = Versions(schema);
        var scope = FieldScope.Of(schema, who.Subresource);
        var plan = new ApplyPlan(versions, scope, who with { ApiVersion = schema.ApiVersion }, force);
        var outcome = plan.Run(Spoken(schema), Samples.Decoded(decoded).Object, Owners);
        if (outcome is ApplyOutcome.Conflicted conflicted)
        {
            return $"409 {conflicted.Message}\n";
        }

        var applied = (ApplyOutcome.Applied)outcome;
        var next = Samples.Decoded(ObjectDecoder.FromTree(schema, applied.Object, FieldValidation.Strict)).Object;
        if (Object is null)
        {
            ObjectDefaults.Fill(schema, next);
            Finish(schema, next);
        }
        else if (Take(schema, next, who.Subresource) is { } refused)
        {
            return refused;
        }

        // When nothing else has changed, a time alone is no change.
        Owners = JsonTree.Same(before, Object) && owned.IsSame(applied.Owners) ? owned : applied.Owners;
        return "";
    }

    private string Update(JsonObject body, FieldOwner who)
    {
        var schema = SchemaOf(body);
        var old = Spoken(schema);
        var sent = body.Object("metadata")?["managedFields"];
        body.Object("metadata")?.Remove("managedFields");
        var obj = Samples.Decoded(ObjectDecoder.FromTree(schema, body.Copy(), FieldValidation.Strict)).Object;
        obj.Ensure("metadata")["uid"] = "uid-0";
        if (Take(schema, obj, who.Subresource) is { } refused)
        {
            return refused;
        }

        Owners = FieldTracking.Update(versions: Versions(schema), old, Spoken(schema), Sent(sent, who.Subresource),
            who with { ApiVersion = schema.ApiVersion });
        return "";
    }

    private FieldOwners Sent(JsonNode? managedFields, string subresource) =>
        FieldTracking.Known(Owners, managedFields, subresource);

    /// <summary>Null, or why it is not stored.</summary>
    private string? Take(ResourceSchema schema, JsonObject next, string subresource)
    {
        var stored = Stored(schema);
        var kept = VersionConversion.ToStored(schema, next);
        kept = ObjectStrategy.PrepareForUpdate(stored, kept, Object!, subresource);
        ObjectDefaults.Fill(stored, kept);
        if (ObjectValidation.Check(stored, kept, Object, subresource) is { Count: > 0 } errors)
        {
            return $"422 {string.Join(", ", errors)}\n";
        }

        Object = kept;
        return null;
    }

    private void Finish(ResourceSchema schema, JsonObject obj)
    {
        var stored = Stored(schema);
        obj = VersionConversion.ToStored(schema, obj);
        obj.Ensure("metadata")["uid"] = "uid-0";
        ObjectStrategy.PrepareForCreate(stored, obj);
        ObjectDefaults.Fill(stored, obj);
        Assert.Empty(ObjectValidation.Check(stored, obj));
        Object = obj;
    }

    private JsonObject Spoken(ResourceSchema schema) =>
        Object is null ? [] : VersionConversion.FromStored(schema, Object.Copy());

    private static ResourceSchema Stored(ResourceSchema schema) => SchemaCatalog.Default.StoredFormOf(schema);

    private static FieldVersions Versions(ResourceSchema schema) => new(SchemaCatalog.Default, schema);

    private static JsonObject Patched(PatchResult result) => Samples.Patched(result);

    private static byte[] Bytes(JsonNode value) => Encoding.UTF8.GetBytes(value.ToJsonString());
}
