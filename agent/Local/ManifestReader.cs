using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// Reads manifests of version v1 and of the kinds a node can run by itself: Pod, ConfigMap, Secret, and lists of them.
/// Everything else is refused by name.
/// </summary>
internal static class ManifestReader
{
    /// <summary>As etcd's request limit, which bounds an object of Kubernetes, for a whole file.</summary>
    public const int BytesMax = 1536 * 1024;

    /// <summary>More than a node runs; bounds what one request can ask for.</summary>
    private const int ObjectsMax = 128;

    /// <summary>Errors beyond these say nothing new.</summary>
    private const int ErrorsMax = 20;

    private static readonly string[] KeptMetadata = ["name", "namespace", "labels", "annotations"];

    /// <param name="text">YAML, of several documents too, or JSON.</param>
    /// <param name="ns">The namespace of objects that name none.</param>
    public static ManifestFile Read(string text, string ns = "default")
    {
        IReadOnlyList<JsonNode> documents;
        try
        {
            documents = YamlTree.Read(text);
        }
        catch (FormatException broken)
        {
            return new ManifestFile([], [broken.Message]);
        }

        var (manifests, errors) = (new List<Manifest>(), new List<string>());
        foreach (var document in Flat(documents))
        {
            if (errors.Count >= ErrorsMax || manifests.Count >= ObjectsMax)
            {
                errors.Add(manifests.Count >= ObjectsMax ? $"more than {ObjectsMax} objects" : "and more");
                break;
            }

            Take(document, ns, manifests, errors);
        }

        if (documents.Count == 0)
        {
            errors.Add("no objects passed to apply");
        }

        return new ManifestFile(errors.Count > 0 ? [] : manifests, errors);
    }

    private static IEnumerable<JsonNode?> Flat(IEnumerable<JsonNode> documents)
    {
        foreach (var document in documents)
        {
            if (Text(document, "kind") == "List" && document["items"] is JsonArray items)
            {
                foreach (var item in items)
                {
                    yield return item;
                }
            }
            else
            {
                yield return document;
            }
        }
    }

    private static void Take(JsonNode? document, string ns, List<Manifest> manifests, List<string> errors)
    {
        if (document is not JsonObject tree)
        {
            errors.Add("an object is a mapping with apiVersion, kind and metadata");
            return;
        }

        var (version, kind) = (Text(tree, "apiVersion"), Text(tree, "kind"));
        if (version != "v1" || kind is not ("Pod" or "ConfigMap" or "Secret"))
        {
            errors.Add($"no matches for kind \"{kind}\" in version \"{version}\": a node runs only v1 Pod, ConfigMap "
                + "and Secret by itself");
            return;
        }

        Normalize(tree, ns);
        var faults = new List<string>();
        var manifest = kind switch
        {
            "Pod" => Checked(tree, ModelJson.Strict.Pod, ModelJson.Default.Pod, ManifestCheck.Faults, faults),
            "Secret" => Checked(tree, ModelJson.Strict.Secret, ModelJson.Default.Secret, ManifestCheck.Faults, faults),
            _ => Checked(
                tree, ModelJson.Strict.ConfigMap, ModelJson.Default.ConfigMap, ManifestCheck.Faults, faults),
        };
        if (manifest is not null && manifests.Exists(other => other.Kind == kind && other.Key == manifest.Key))
        {
            faults.Add("metadata.name: Duplicate value: the file holds it twice");
        }

        foreach (var fault in faults)
        {
            errors.Add($"{kind} \"{Text(tree["metadata"], "name")}\" is invalid: {fault}");
        }

        if (manifest is not null && faults.Count == 0)
        {
            manifests.Add(manifest);
        }
    }

    private static Manifest? Checked<T>(
        JsonObject tree,
        JsonTypeInfo<T> strict,
        JsonTypeInfo<T> lenient,
        Func<T, IEnumerable<string>> check,
        List<string> faults)
        where T : class
    {
        T? value;
        try
        {
            value = tree.Deserialize(strict);
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException)
        {
            faults.Add(Unread(tree, lenient, wrong));
            return null;
        }

        faults.AddRange(check(value!));
        if (value is Secret { StringData: not null } secret)
        {
            tree["data"] = ManifestCheck.Data(secret);
            tree.Remove("stringData");
        }

        var metadata = tree["metadata"];
        return new Manifest(Text(tree, "kind"), Text(metadata, "namespace"), Text(metadata, "name"), tree)
        {
            Pod = value as Pod,
        };
    }

    /// <summary>
    /// What is read without strictness has a field that nobody knows; else a value is of a wrong type.
    /// </summary>
    private static string Unread<T>(JsonObject tree, JsonTypeInfo<T> lenient, Exception wrong)
    {
        var path = (wrong as JsonException)?.Path?.TrimStart('$', '.') ?? "";
        try
        {
            tree.Deserialize(lenient);
            return $"{path}: unknown field";
        }
        catch (Exception again) when (again is JsonException or FormatException)
        {
            return $"{path}: Invalid value: it is of another type, or cannot be read";
        }
    }

    /// <summary>Metadata that only a server decides is left out, as is the status.</summary>
    private static void Normalize(JsonObject tree, string ns)
    {
        tree.Remove("status");
        if (tree["metadata"] is not JsonObject metadata)
        {
            tree["metadata"] = metadata = [];
        }

        var kept = new JsonObject();
        foreach (var name in KeptMetadata)
        {
            if (metadata[name] is { } value)
            {
                kept[name] = value.DeepClone();
            }
        }

        kept["namespace"] ??= ns;
        tree["metadata"] = kept;
    }

    internal static string Text(JsonNode? node, string name) =>
        node is JsonObject map && map[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}
