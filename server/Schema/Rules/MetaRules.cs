using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The rules of metadata, which every kind shares.</summary>
internal static class MetaRules
{
    /// <summary>All annotations of one object together, as upstream.</summary>
    public const int MaxAnnotationBytes = 256 * 1024;

    /// <summary>Node names appear in topics and container names, so they stay shorter than upstream's 253.</summary>
    public const int MaxNodeName = 52;

    private static readonly string[] _immutable = ["name", "namespace", "uid", "creationTimestamp"];

    public static void Check(ResourceSchema schema, JsonObject obj, FieldErrors errors)
    {
        var meta = obj.Object("metadata") ?? [];
        Name(schema, meta, errors);
        Labels(meta, errors);
        Annotations(meta, errors);
        Owners(meta, errors);
        foreach (var item in meta.Items("finalizers"))
        {
            errors.InvalidAll("metadata.finalizers", item, Names.Qualified(JsonTree.AsText(item) ?? ""));
        }
    }

    public static void CheckUpdate(JsonObject obj, JsonObject old, FieldErrors errors)
    {
        var (meta, before) = (obj.Object("metadata") ?? [], old.Object("metadata") ?? []);
        foreach (var name in _immutable)
        {
            if (meta[name] is { } value && !JsonTree.Same(value, before[name]))
            {
                errors.Invalid($"metadata.{name}", value, "field is immutable");
            }
        }

        if (before["deletionTimestamp"] is null)
        {
            return;
        }

        var known = before.Items("finalizers").Select(JsonTree.AsText).ToHashSet();
        var added = meta.Items("finalizers").Select(JsonTree.AsText).Where(item => !known.Contains(item)).ToList();
        if (added.Count > 0)
        {
            var list = string.Join(", ", added.Select(item => $"\"{item}\""));
            errors.Forbidden("metadata.finalizers", "no new finalizers can be added if the object is being deleted, "
                + $"found new finalizers []string{{{list}}}");
        }
    }

    private static void Name(ResourceSchema schema, JsonObject meta, FieldErrors errors)
    {
        var (name, prefix) = (meta.Text("name"), meta.Text("generateName"));
        if (name.Length == 0)
        {
            if (prefix.Length == 0)
            {
                errors.Required("metadata.name", "name or generateName is required");
                return;
            }

            // A prefix may end in what only the generated letters make valid.
            errors.InvalidAll("metadata.generateName", prefix, NameFaults(schema, prefix.TrimEnd('-', '.') + "a"));
            return;
        }

        errors.InvalidAll("metadata.name", name, NameFaults(schema, name));
        if (schema.Namespaced && meta.Text("namespace") is { Length: > 0 } space)
        {
            errors.InvalidAll("metadata.namespace", space, Names.Label(space));
        }
    }

    private static IEnumerable<string> NameFaults(ResourceSchema schema, string name)
    {
        var faults = schema.Kind switch
        {
            "Namespace" or "StatefulSet" => Names.Label(name),
            "Service" => Names.OldLabel(name),
            "Role" or "ClusterRole" or "RoleBinding" or "ClusterRoleBinding" => Names.PathSegment(name),
            _ => Names.Subdomain(name),
        };
        return schema.Kind == "Node" && name.Length > MaxNodeName ? faults.Append(Names.TooLong(MaxNodeName)) : faults;
    }

    private static void Labels(JsonObject meta, FieldErrors errors) =>
        LabelMap(meta.Object("labels"), "metadata.labels", errors);

    public static void LabelMap(JsonObject? labels, string path, FieldErrors errors)
    {
        foreach (var (key, value) in labels ?? [])
        {
            errors.InvalidAll(path, key, Names.Qualified(key));
            errors.InvalidAll(path, value, Names.LabelValue(JsonTree.AsText(value) ?? ""));
        }
    }

    private static void Annotations(JsonObject meta, FieldErrors errors) =>
        AnnotationMap(meta.Object("annotations"), "metadata.annotations", errors);

    public static void AnnotationMap(JsonObject? annotations, string path, FieldErrors errors)
    {
        var bytes = 0;
        foreach (var (key, value) in annotations ?? [])
        {
            errors.InvalidAll(path, key, Names.Qualified(key.ToLowerInvariant()));
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(JsonTree.AsText(value) ?? "");
        }

        if (bytes > MaxAnnotationBytes)
        {
            errors.TooLong(path, MaxAnnotationBytes);
        }
    }

    private static void Owners(JsonObject meta, FieldErrors errors)
    {
        var controllers = 0;
        foreach (var owner in meta.Objects("ownerReferences"))
        {
            foreach (var field in (string[])["apiVersion", "kind", "name", "uid"])
            {
                if (owner.Text(field).Length == 0)
                {
                    var word = field == "apiVersion" ? "version" : field;
                    errors.Invalid($"metadata.ownerReferences.{field}", "", $"{word} must not be empty");
                }
            }

            controllers += owner.Flag("controller") ? 1 : 0;
        }

        if (controllers > 1)
        {
            errors.Invalid("metadata.ownerReferences", meta["ownerReferences"],
                "Only one reference can have Controller set to true");
        }
    }
}
