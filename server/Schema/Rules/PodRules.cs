using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a pod must be besides what its description says.</summary>
internal static class PodRules
{
    public static void Check(JsonObject pod, JsonObject? old, FieldErrors errors)
    {
        if (pod.Object("spec") is not { } spec)
        {
            errors.Required("spec.containers");
            return;
        }

        if (old is null && spec.Items("ephemeralContainers").Count > 0)
        {
            errors.Forbidden("spec.ephemeralContainers", "cannot be set on create");
        }

        Spec(spec, "spec", [], errors);
        NeighbourRules.Check(
            spec, old.Object("spec"), pod.Object("metadata").Object("labels") ?? [], "spec", errors);
    }

    /// <summary>The rules of a pod's spec wherever it stands; <c>claims</c> are volumes that its owner adds.</summary>
    public static void Spec(JsonObject spec, string at, IEnumerable<string> claims, FieldErrors errors)
    {
        var volumes = VolumeRules.Check(spec, at, errors);
        volumes.UnionWith(claims);
        var names = new HashSet<string>();
        var hostPorts = new HashSet<string>();
        foreach (var list in PodDefaults.ContainerLists)
        {
            var index = 0;
            foreach (var container in spec.Objects(list))
            {
                var path = $"{at}.{list}[{index++}]";
                if (container.Text("name") is { Length: > 0 } name && !names.Add(name))
                {
                    errors.Duplicate($"{path}.name", name);
                }

                ContainerRules.Check(container, path, volumes, errors);
                Init(list, container, path, errors);
                HostPorts(spec, container, path, hostPorts, errors);
            }
        }

        EphemeralContainerRules.Check(spec, at, errors);
        MetaRules.LabelMap(spec.Object("nodeSelector"), $"{at}.nodeSelector", errors);
        PlacementRules.Check(spec, at, errors);
        PullSecrets(spec, at, errors);
    }

    private static void Init(string list, JsonObject container, string path, FieldErrors errors)
    {
        if (list != "initContainers" || container.Text("restartPolicy") == "Always")
        {
            return;
        }

        foreach (var field in (string[])["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container[field] is not null)
            {
                errors.Forbidden($"{path}.{field}", "may not be set for init containers without restartPolicy=Always");
            }
        }
    }

    private static void HostPorts(
        JsonObject spec, JsonObject container, string path, HashSet<string> taken, FieldErrors errors)
    {
        var at = 0;
        foreach (var port in container.Objects("ports"))
        {
            var inner = $"{path}.ports[{at++}].hostPort";
            var host = port.Number("hostPort") ?? 0;
            if (host == 0)
            {
                continue;
            }

            if (spec.Flag("hostNetwork") && host != port.Number("containerPort"))
            {
                errors.Invalid(inner, port["hostPort"], "must match `containerPort`");
            }

            var key = $"{port.Text("protocol")}/{port.Text("hostIP")}/{host}";
            if (!taken.Add(key))
            {
                errors.Duplicate(inner, key);
            }
        }
    }

    private static void PullSecrets(JsonObject spec, string path, FieldErrors errors)
    {
        var at = 0;
        foreach (var secret in spec.Objects("imagePullSecrets"))
        {
            if (secret.Text("name").Length == 0)
            {
                errors.Required($"{path}.imagePullSecrets[{at}].name");
            }

            at++;
        }
    }
}
