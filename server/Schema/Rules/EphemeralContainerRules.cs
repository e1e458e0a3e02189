using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Containers that are added to a pod to look into it: they come, and neither change nor go.</summary>
internal static class EphemeralContainerRules
{
    private const string List = "ephemeralContainers";

    /// <summary>What upstream's list of allowed fields leaves out.</summary>
    private static readonly string[] _never =
    [
        "ports", "resources", "resizePolicy", "restartPolicy", "livenessProbe", "readinessProbe", "startupProbe",
        "lifecycle",
    ];

    /// <param name="spec">A pod's spec, with its defaults.</param>
    /// <param name="at">Where it stands.</param>
    /// <param name="errors">Collects the causes.</param>
    public static void Check(JsonObject spec, string at, FieldErrors errors)
    {
        var targets = spec.Objects("containers").Concat(spec.Objects("initContainers"))
            .Select(container => container.Text("name")).ToHashSet();
        var index = 0;
        foreach (var container in spec.Objects(List))
        {
            var path = $"{at}.{List}[{index++}]";
            foreach (var field in _never.Where(name => IsSet(container[name])))
            {
                errors.Forbidden($"{path}.{field}", "cannot be set for an Ephemeral Container");
            }

            if (container.Text("targetContainerName") is { Length: > 0 } target && !targets.Contains(target))
            {
                errors.NotFound($"{path}.targetContainerName", target);
            }

            var mount = 0;
            foreach (var place in container.Objects("volumeMounts"))
            {
                foreach (var field in (string[])["subPath", "subPathExpr"])
                {
                    if (place.Text(field).Length > 0)
                    {
                        errors.Forbidden(
                            $"{path}.volumeMounts[{mount}].{field}", "cannot be set for an Ephemeral Container");
                    }
                }

                mount++;
            }
        }
    }

    public static void CheckUpdate(JsonObject pod, JsonObject? old, FieldErrors errors)
    {
        const string path = $"spec.{List}";
        var now = pod.Object("spec").Objects(List).ToList();
        foreach (var before in old.Object("spec").Objects(List))
        {
            var name = before.Text("name");
            var same = now.Find(container => container.Text("name") == name);
            if (same is null)
            {
                errors.Forbidden(path, $"existing ephemeral containers \"{name}\" may not be removed\n");
            }
            else if (!JsonTree.Same(same, before))
            {
                errors.Forbidden(path, $"existing ephemeral containers \"{name}\" may not be changed\n");
            }
        }
    }

    /// <summary>Defaults leave empty objects and lists behind, which say nothing.</summary>
    private static bool IsSet(JsonNode? value) => value switch
    {
        null => false,
        JsonObject obj => obj.Count > 0,
        JsonArray array => array.Count > 0,
        _ => true,
    };
}
