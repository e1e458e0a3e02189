using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The volumes that a pod declares, for its mounts to refer to.</summary>
internal sealed class VolumeNames : HashSet<string>;

/// <summary>What a pod's volumes must be besides what their description says.</summary>
internal static class VolumeRules
{
    public static VolumeNames Check(JsonObject spec, string specPath, FieldErrors errors)
    {
        var names = new VolumeNames();
        var at = 0;
        foreach (var volume in spec.Objects("volumes"))
        {
            var path = $"{specPath}.volumes[{at++}]";
            if (volume.Text("name") is { Length: > 0 } name && !names.Add(name))
            {
                errors.Duplicate($"{path}.name", name);
            }

            var sources = volume.Select(pair => pair.Key).Where(key => key != "name").ToList();
            foreach (var extra in sources.Skip(1))
            {
                errors.Forbidden($"{path}.{extra}", "may not specify more than 1 volume type");
            }

            Source(volume, path, errors);
        }

        return names;
    }

    private static void Source(JsonObject volume, string path, FieldErrors errors)
    {
        Named(volume.Object("configMap"), "name", $"{path}.configMap", errors);
        Named(volume.Object("secret"), "secretName", $"{path}.secret", errors);
        if (volume.Object("hostPath").Text("path") is { Length: > 0 } host && host.Split('/').Contains(".."))
        {
            errors.Invalid($"{path}.hostPath.path", host, "must not contain '..'");
        }

        Files(volume.Object("downwardAPI"), $"{path}.downwardAPI", errors);
        var at = 0;
        foreach (var source in volume.Object("projected").Objects("sources"))
        {
            var inner = $"{path}.projected.sources[{at++}]";
            foreach (var extra in source.Select(pair => pair.Key).Skip(1))
            {
                errors.Forbidden($"{inner}.{extra}", "may not specify more than 1 volume type");
            }

            Named(source.Object("configMap"), "name", $"{inner}.configMap", errors);
            Named(source.Object("secret"), "name", $"{inner}.secret", errors);
            Files(source.Object("downwardAPI"), $"{inner}.downwardAPI", errors);
        }
    }

    private static void Named(JsonObject? source, string field, string path, FieldErrors errors)
    {
        if (source is not null && source.Text(field).Length == 0)
        {
            errors.Required($"{path}.{field}");
        }
    }

    private static void Files(JsonObject? source, string path, FieldErrors errors)
    {
        var at = 0;
        foreach (var file in source.Objects("items"))
        {
            var inner = $"{path}.items[{at++}]";
            var (field, resource) = (file.Object("fieldRef"), file.Object("resourceFieldRef"));
            if (field is not null && resource is not null)
            {
                errors.Invalid(inner, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
            else if (field is null && resource is null)
            {
                errors.Required(inner, "one of fieldRef and resourceFieldRef is required");
            }
        }
    }
}
