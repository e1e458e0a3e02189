using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Tests.Server.Fuzz;

/// <summary>
/// Whatever comes, every parser answers: an object, or what is wrong. What a decoder lets through goes the whole way
/// of a create, and the records of our own loops can read it.
/// </summary>
public sealed class ParserFuzzTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, Action<StoredObject>> s_records =
        new Dictionary<string, Action<StoredObject>>
        {
            ["Pod"] = stored => Objects.Read(Resources.Pods, stored),
            ["Deployment"] = stored => Objects.Read(Resources.Deployments, stored),
            ["StatefulSet"] = stored => Objects.Read(Resources.StatefulSets, stored),
            ["DaemonSet"] = stored => Objects.Read(Resources.DaemonSets, stored),
            ["ReplicaSet"] = stored => Objects.Read(Resources.ReplicaSets, stored),
            ["Job"] = stored => Objects.Read(Resources.Jobs, stored),
            ["CronJob"] = stored => Objects.Read(Resources.CronJobs, stored),
            ["PodDisruptionBudget"] = stored => Objects.Read(Resources.PodDisruptionBudgets, stored),
            ["PersistentVolumeClaim"] = stored => Objects.Read(Resources.PersistentVolumeClaims, stored),
            ["PriorityClass"] = stored => Objects.Read(Resources.PriorityClasses, stored),
            ["Secret"] = stored => Objects.Read(Resources.Secrets, stored),
            ["ConfigMap"] = stored => Objects.Read(Resources.ConfigMaps, stored),
        };

    [Fact]
    public void A_json_body_is_an_object_or_a_fault() => Bodies(Corpus.Json, ObjectDecoder.FromJson);

    [Fact]
    public void A_yaml_body_is_an_object_or_a_fault() => Bodies(Corpus.Yaml, ObjectDecoder.FromYaml);

    [Fact]
    public void A_protobuf_body_is_an_object_or_a_fault() =>
        Bodies(Corpus.Protobuf, (schema, body, _) => ObjectDecoder.FromProtobuf(schema, body));

    [Fact]
    public void The_same_object_comes_out_of_every_encoding()
    {
        foreach (var (schema, _, tree) in Corpus.Objects)
        {
            if (ObjectDecoder.FromJson(schema, Encoding.UTF8.GetBytes(tree.ToJsonString()), FieldValidation.Ignore)
                    is DecodeResult.Decoded json
                && ObjectDecoder.FromProtobuf(schema, ProtobufWriter.Body(schema, json.Object))
                    is DecodeResult.Decoded protobuf)
            {
                ObjectDefaults.Fill(schema, json.Object);
                ObjectDefaults.Fill(schema, protobuf.Object);
                Assert.True(
                    ObjectValidation.Check(schema, json.Object).Count > 0
                        || JsonNode.DeepEquals(Said(json.Object), Said(protobuf.Object)),
                    $"{json.Object}\nis not\n{protobuf.Object}");
            }
        }
    }

    [Fact]
    public void A_json_patch_is_applied_or_refused() => Patches(Corpus.JsonPatches, (_, tree, patch) =>
        JsonPatch.Apply(tree, patch));

    [Fact]
    public void A_merge_patch_is_applied_or_refused() => Patches(Corpus.MergePatches, (_, tree, patch) =>
        MergePatch.Apply(tree, patch));

    [Fact]
    public void A_strategic_merge_patch_is_applied_or_refused() => Patches(Corpus.MergePatches, StrategicMerge.Apply);

    [Fact]
    public void A_label_selector_chooses_or_is_refused() => FuzzLoop.RunText(Corpus.LabelSelectors, text =>
        Answer(() => LabelSelectorText.Parse(text).Matches(new JsonObject { ["a"] = "b", ["d"] = "" })));

    [Fact]
    public void A_field_selector_chooses_or_is_refused()
    {
        var pod = Corpus.Objects.First(one => one.Schema.Kind == "Pod");
        FuzzLoop.RunText(
            Corpus.FieldSelectors, text => FieldSelector.Parse(pod.Schema, text, out _)?.Matches(pod.Tree));
    }

    [Fact]
    public void A_quantity_is_a_number_that_can_be_reckoned_with_or_none() =>
        FuzzLoop.RunText(Corpus.Quantities, text =>
        {
            if (Quantity.TryParse(text, out var one))
            {
                _ = (one.MilliValue, one.Units, Quantity.Add(one, one).MilliValue, one.CompareTo(Quantity.Zero));
                Assert.Equal(one, Quantity.Parse(one.ToString()));
            }
        });

    [Fact]
    public void A_duration_and_a_schedule_are_read_or_refused()
    {
        FuzzLoop.RunText(["1h30m", "1.5s", "-2ms", "3µs", "0"], text =>
            Assert.True(GoDuration.TryParse(text, out _, out var fault) == (fault.Length == 0)));
        FuzzLoop.RunText(["*/5 * * * *", "0 0 1,15 * 1-5", "@hourly", "59 23 31 12 7", "TZ=UTC 0 0 * * *"], text =>
            CronSchedule.Parse(text, out _)?.ToString());
    }

    [Fact]
    public void A_path_names_something_or_nothing() =>
        FuzzLoop.RunText(Corpus.Paths, path => AccessFor(RequestPath.Parse(path)));

    [Fact]
    public void A_continue_token_goes_on_or_is_refused() => FuzzLoop.RunText(
        [new ContinueToken(7, "default/a").ToString(), new ContinueToken(0, "").ToString()],
        text => Answer(() => ContinueToken.Parse(text)));

    [Fact]
    public void What_a_continue_token_holds_goes_on_or_is_refused() => FuzzLoop.Run(
        ["""{"v":"meta.k8s.io/v1","rv":7,"start":"a/b"}"""u8.ToArray()],
        bytes => Answer(() => ContinueToken.Parse(System.Buffers.Text.Base64Url.EncodeToString(bytes))));

    private static void AccessFor(RequestPath path) =>
        Assert.True(path.IsResource == (path.Resource.Length > 0) && path.Path.Length >= path.Name.Length);

    private static void Bodies(
        IReadOnlyList<byte[]> corpus,
        Func<ResourceSchema, ReadOnlyMemory<byte>, FieldValidation, DecodeResult> decode)
    {
        var kinds = Corpus.Objects.Select(one => one.Schema).Distinct().ToList();
        var decoded = 0;
        FuzzLoop.Run(corpus, body =>
        {
            // The kind that it says, most of the time, so that most of the way is gone.
            var text = Encoding.Latin1.GetString(body);
            var schema = kinds.FirstOrDefault(kind => text.Contains(kind.Kind, StringComparison.Ordinal)) ?? kinds[0];
            if (decode(schema, body, FieldValidation.Warn) is DecodeResult.Decoded good)
            {
                decoded++;
                Create(schema, good.Object);
            }
        });
        Assert.True(decoded > 100, $"only {decoded} bodies were decoded");
    }

    /// <summary>The way of a create, and then that of a reader.</summary>
    private static void Create(ResourceSchema schema, JsonObject obj)
    {
        obj.Ensure("metadata");
        ObjectStrategy.PrepareForCreate(schema, obj);
        ObjectDefaults.Fill(schema, obj);
        var faults = ObjectValidation.Check(schema, obj);
        _ = FieldError.Summary(schema.Kind, "a", faults);
        _ = TableRows.Cells(schema, obj, s_now);
        var bytes = ObjectBytes.Write(obj);
        var stored = new StoredObject("/registry/a", 7, bytes);
        _ = ObjectBytes.Read(stored);
        if (faults.Count == 0 && s_records.TryGetValue(schema.Kind, out var read))
        {
            read(stored);
        }
    }

    /// <summary>Go does not send what is empty, which is no difference in an object that is right.</summary>
    private static JsonNode? Said(JsonNode? node) => node switch
    {
        JsonObject map => map.Select(pair => KeyValuePair.Create(pair.Key, Said(pair.Value)))
            .Where(pair => pair.Value is not null).ToList() is { Count: > 0 } said ? new JsonObject(said) : null,
        JsonArray list => list.Count > 0 ? new JsonArray([.. list.Select(Said)]) : null,
        _ => node?.ToJsonString() is "false" or "0" or "\"\"" ? null : node?.DeepClone(),
    };

    private static void Patches(
        IReadOnlyList<byte[]> corpus, Func<ResourceSchema, JsonObject, ReadOnlyMemory<byte>, PatchResult> apply)
    {
        var targets = Corpus.Objects.Where(one => one.Schema.Kind is "Deployment" or "Pod" or "Job").ToList();
        var (at, patched) = (0, 0);
        FuzzLoop.Run(corpus, patch =>
        {
            var (schema, _, tree) = targets[at++ % targets.Count];
            var before = tree.ToJsonString();
            if (apply(schema, tree, patch) is PatchResult.Patched whole)
            {
                patched++;
                if (ObjectDecoder.FromTree(schema, whole.Object, FieldValidation.Warn) is DecodeResult.Decoded good)
                {
                    Create(schema, good.Object);
                }
            }

            Assert.Equal(before, tree.ToJsonString());
        });
        Assert.True(patched > 20, $"only {patched} patches were applied");
    }

    private static void Answer(Action parse)
    {
        try
        {
            parse();
        }
        catch (StatusException refused)
        {
            Assert.InRange(refused.Code, 400, 499);
        }
    }
}
