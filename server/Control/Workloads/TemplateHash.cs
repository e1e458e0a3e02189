using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// A number that two pod templates share exactly when they mean the same. Defaults are filled in first: a field that a
/// newer server fills in must not make a running revision look old.
/// </summary>
internal sealed class TemplateHash
{
    /// <summary>The label by which a revision's pods and set know each other (apps/v1).</summary>
    public const string Label = "pod-template-hash";

    /// <summary>Templates remembered before all are forgotten: some hundred kilobytes.</summary>
    private const int KnownMax = 8192;

    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    private static readonly ResourceSchema s_schema = SchemaCatalog.Default.Find("apps", "v1", "replicasets")!;

    private readonly ConcurrentDictionary<(string Uid, long Generation), ulong> _known = new();

    /// <summary>Of the template of a stored object, which changes only with the generation.</summary>
    public ulong Of(ObjectMeta owner, PodTemplateSpec template) => Of(owner, () => template);

    /// <summary>The same, reading the template only where its hash is not remembered.</summary>
    public ulong Of(ObjectMeta owner, Func<PodTemplateSpec> template)
    {
        if (_known.Count > KnownMax)
        {
            _known.Clear();
        }

        return _known.GetOrAdd(
            (owner.Uid ?? "", owner.Generation ?? 0), static (_, given) => Of(given()), template);
    }

    /// <summary>FNV-1a over the canonical form; without the revision's own label.</summary>
    public static ulong Of(PodTemplateSpec template)
    {
        var tree = new JsonObject
        {
            ["spec"] = new JsonObject { ["template"] = Tree(template) },
        };
        ObjectDefaults.Fill(s_schema, tree);
        var text = new StringBuilder();
        Write(tree["spec"]!["template"], text);
        var hash = 14695981039346656037UL;
        foreach (var letter in text.ToString())
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        return hash;
    }

    /// <summary>The end of a revision's name; <paramref name="collisions"/> makes another where one is taken.</summary>
    public static string Name(ulong hash, int collisions)
    {
        var folded = (uint)(hash ^ (hash >> 32)) ^ (uint)(collisions * 2654435761U);
        var digits = folded.ToString(CultureInfo.InvariantCulture);
        return string.Concat(digits.Select(digit => Letters[digit % Letters.Length]));
    }

    private static JsonObject Tree(PodTemplateSpec template)
    {
        var labels = new JsonObject();
        foreach (var (name, value) in template.Metadata.Labels ?? new Dictionary<string, string>())
        {
            if (name != Label)
            {
                labels[name] = value;
            }
        }

        var annotations = new JsonObject();
        foreach (var (name, value) in template.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            annotations[name] = value;
        }

        return new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = labels, ["annotations"] = annotations },
            ["spec"] = template.Spec is { } spec ? JsonObject.Create(spec)!.DeepClone() : new JsonObject(),
        };
    }

    /// <summary>Names sorted; null and empty lists say nothing and are left out.</summary>
    private static void Write(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject map:
                text.Append('{');
                foreach (var (name, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    if (value is not (null or JsonArray { Count: 0 }))
                    {
                        text.Append(name).Append(':');
                        Write(value, text);
                        text.Append(',');
                    }
                }

                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                foreach (var item in list)
                {
                    Write(item, text);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
