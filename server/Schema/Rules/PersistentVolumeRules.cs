using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>What a PersistentVolume must say, and what of it can never change (core/v1).</summary>
internal static class PersistentVolumeRules
{
    /// <summary>The fields of the spec that say nothing of where the storage is.</summary>
    private static readonly string[] s_common =
    [
        "capacity", "accessModes", "claimRef", "persistentVolumeReclaimPolicy", "storageClassName", "mountOptions",
        "volumeMode", "nodeAffinity", "volumeAttributesClassName",
    ];

    private static readonly string[] s_storage = ["storage"];

    public static void Check(JsonObject volume, JsonObject? old, FieldErrors errors)
    {
        var spec = volume.Object("spec") ?? [];
        Spec(spec, "spec", errors);
        if (spec.Object("local") is not null && spec.Object("nodeAffinity") is null)
        {
            errors.Required("metadata.annotations", "Local volume requires node affinity");
        }

        if (old.Object("spec") is not { } before)
        {
            return;
        }

        if (!JsonTree.Same(Source(before), Source(spec)))
        {
            errors.Forbidden("spec.persistentvolumesource",
                "spec.persistentvolumesource is immutable after creation");
        }

        if (!JsonTree.Same(before["volumeMode"], spec["volumeMode"]))
        {
            errors.Invalid("spec.volumeMode", spec["volumeMode"], "field is immutable");
        }

        if (before["nodeAffinity"] is { } affinity && !JsonTree.Same(affinity, spec["nodeAffinity"]))
        {
            errors.Invalid("spec.nodeAffinity", spec["nodeAffinity"],
                "field is immutable, except for updating from beta label to GA");
        }
    }

    private static void Spec(JsonObject spec, string path, FieldErrors errors)
    {
        ClaimRules.Modes(spec, path, errors, needed: "");
        Capacity(spec.Object("capacity"), $"{path}.capacity", errors);
        Sources(spec, path, errors);
        if (spec.Object("nodeAffinity") is { } affinity && affinity.Object("required") is null)
        {
            errors.Required($"{path}.nodeAffinity.required", "must specify required node constraints");
        }

        PlacementRules.Terms(spec.Object("nodeAffinity").Object("required"), $"{path}.nodeAffinity.required", errors);
    }

    private static void Capacity(JsonObject? capacity, string path, FieldErrors errors)
    {
        if (capacity is null or { Count: 0 })
        {
            errors.Required(path);
            return;
        }

        if (capacity["storage"] is null || capacity.Count > 1)
        {
            errors.NotSupported(path, capacity, s_storage);
        }

        foreach (var (name, value) in capacity)
        {
            ResourceNames.Check(name, $"{path}[{name}]", errors);
            if (Quantity.TryParse(JsonTree.AsText(value), out var amount) && amount == Quantity.Zero)
            {
                errors.Invalid($"{path}[{name}]", value, "must be greater than zero");
            }
        }
    }

    private static void Sources(JsonObject spec, string path, FieldErrors errors)
    {
        var sources = Source(spec).Select(pair => pair.Key).ToList();
        if (sources.Count == 0)
        {
            errors.Required(path, "must specify a volume type");
        }

        foreach (var extra in sources.Skip(1))
        {
            errors.Forbidden($"{path}.{extra}", "may not specify more than 1 volume type");
        }

        foreach (var name in (string[])["hostPath", "local"])
        {
            if (spec.Object(name).Text("path") is { Length: > 0 } host && host.Split('/').Contains(".."))
            {
                errors.Invalid($"{path}.{name}.path", host, "must not contain '..'");
            }
        }

        if (spec.Object("nfs").Text("path") is { Length: > 0 } export && export[0] != '/')
        {
            errors.Invalid($"{path}.nfs.path", export, "must be an absolute path");
        }

        if (spec.Object("hostPath").Text("path") == "/" && spec.Text("persistentVolumeReclaimPolicy") == "Recycle")
        {
            errors.Forbidden(
                $"{path}.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
        }

        if (spec.Object("csi").Text("driver") is { Length: > 0 } driver)
        {
            StorageRules.DriverName(driver, $"{path}.csi.driver", errors);
        }
    }

    private static JsonObject Source(JsonObject spec)
    {
        var source = spec.Copy();
        foreach (var name in s_common)
        {
            source.Remove(name);
        }

        return source;
    }
}
