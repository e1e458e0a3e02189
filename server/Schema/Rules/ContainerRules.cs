using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a container must be besides what its description says.</summary>
internal static class ContainerRules
{
    private static readonly string[] _envSources =
        ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"];

    private static readonly string[] _fieldPaths =
    [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ];

    public static void Check(JsonObject container, string path, VolumeNames volumes, FieldErrors errors)
    {
        var image = container.Text("image");
        if (image.Length == 0)
        {
            errors.Required($"{path}.image");
        }
        else if (image.Trim() != image)
        {
            errors.Invalid($"{path}.image", image, "must not have leading or trailing whitespace");
        }

        Ports(container, path, errors);
        Env(container, path, errors);
        Mounts(container, path, volumes, errors);
        ResourceRules.Check(container.Object("resources"), $"{path}.resources", errors);
        ProbeRules.Check(container, path, errors);
        var security = container.Object("securityContext");
        if (security.Flag("privileged") && security?["allowPrivilegeEscalation"] is not null
            && !security.Flag("allowPrivilegeEscalation"))
        {
            errors.Invalid($"{path}.securityContext", security.Copy(),
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
    }

    private static void Ports(JsonObject container, string path, FieldErrors errors)
    {
        var names = new HashSet<string>();
        var at = 0;
        foreach (var port in container.Objects("ports"))
        {
            if (port.Text("name") is { Length: > 0 } name && !names.Add(name))
            {
                errors.Duplicate($"{path}.ports[{at}].name", name);
            }

            at++;
        }
    }

    private static void Env(JsonObject container, string path, FieldErrors errors)
    {
        var at = 0;
        foreach (var variable in container.Objects("env"))
        {
            var inner = $"{path}.env[{at++}].valueFrom";
            if (variable.Object("valueFrom") is not { } source)
            {
                continue;
            }

            var set = _envSources.Count(source.ContainsKey);
            if (set != 1)
            {
                errors.Invalid(inner, "", set == 0
                    ? $"must specify one of: `{string.Join("`, `", _envSources[..^1])}` or `{_envSources[^1]}`"
                    : "may not have more than one field specified at a time");
            }
            else if (variable.Text("value").Length > 0)
            {
                errors.Invalid(inner, "", "may not be specified when `value` is not empty");
            }

            Reference(source, inner, errors);
        }

        at = 0;
        foreach (var source in container.Objects("envFrom"))
        {
            var (config, secret) = (source.Object("configMapRef"), source.Object("secretRef"));
            var inner = $"{path}.envFrom[{at++}]";
            if (config is null == secret is null)
            {
                errors.Invalid(inner, "", config is null
                    ? "must specify one of: `configMapRef` or `secretRef`"
                    : "may not have more than one field specified at a time");
            }
            else if ((config ?? secret).Text("name").Length == 0)
            {
                errors.Required($"{inner}.{(config is null ? "secretRef" : "configMapRef")}.name");
            }
        }
    }

    private static void Reference(JsonObject source, string path, FieldErrors errors)
    {
        foreach (var name in (string[])["configMapKeyRef", "secretKeyRef"])
        {
            if (source.Object(name) is { } key && key.Text("name").Length == 0)
            {
                errors.Required($"{path}.{name}.name");
            }
        }

        var field = source.Object("fieldRef").Text("fieldPath");
        if (field.Length > 0 && !_fieldPaths.Contains(field) && !IsMapKey(field))
        {
            errors.NotSupported($"{path}.fieldRef.fieldPath", field, _fieldPaths);
        }
    }

    private static bool IsMapKey(string field) => field.EndsWith("']", StringComparison.Ordinal)
        && (field.StartsWith("metadata.labels['", StringComparison.Ordinal)
            || field.StartsWith("metadata.annotations['", StringComparison.Ordinal));

    private static void Mounts(JsonObject container, string path, VolumeNames volumes, FieldErrors errors)
    {
        var paths = new HashSet<string>();
        var at = 0;
        foreach (var mount in container.Objects("volumeMounts"))
        {
            var inner = $"{path}.volumeMounts[{at++}]";
            var name = mount.Text("name");
            if (name.Length > 0 && !volumes.Contains(name))
            {
                errors.NotFound($"{inner}.name", name);
            }

            if (mount.Text("mountPath") is { Length: > 0 } target && !paths.Add(target))
            {
                errors.Invalid($"{inner}.mountPath", target, "must be unique");
            }

            if (mount.Text("subPath").Length > 0 && mount.Text("subPathExpr").Length > 0)
            {
                errors.Invalid($"{inner}.subPathExpr", mount.Text("subPathExpr"),
                    "subPathExpr and subPath are mutually exclusive");
            }
        }
    }
}
