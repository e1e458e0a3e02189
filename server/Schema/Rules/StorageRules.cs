using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The kinds of storage.k8s.io/v1: what they must say, and what of them can never change.</summary>
internal static class StorageRules
{
    private const int MaxParameters = 512;
    private const int MaxParameterBytes = 256 * 1024;
    private const int MaxNodeId = 192;

    private static readonly string[] s_policies = ["Delete", "Retain"];
    private static readonly string[] s_bindings = ["Immediate", "WaitForFirstConsumer"];
    private static readonly string[] s_modes = ["Persistent", "Ephemeral"];
    private static readonly string[] s_groups = ["ReadWriteOnceWithFSType", "File", "None"];

    public static void DriverName(string name, string path, FieldErrors errors)
    {
        if (name.Length > Names.MaxLabel)
        {
            errors.TooLong(path, Names.MaxLabel);
        }

        errors.InvalidAll(path, name, Names.Subdomain(name.ToLowerInvariant()));
    }

    public static void StorageClass(JsonObject kind, JsonObject? old, FieldErrors errors)
    {
        if (kind.Text("provisioner") is { Length: > 0 } provisioner)
        {
            errors.InvalidAll("provisioner", provisioner, Names.Qualified(provisioner.ToLowerInvariant()));
        }

        Parameters(kind.Object("parameters"), errors);
        OneOf(kind, "reclaimPolicy", "reclaimPolicy", s_policies, errors);
        OneOf(kind, "volumeBindingMode", "volumeBindingMode", s_bindings, errors);
        if (old is null)
        {
            return;
        }

        foreach (var field in (string[])["parameters", "provisioner", "reclaimPolicy"])
        {
            if (!JsonTree.Same(old[field], kind[field]))
            {
                errors.Forbidden(field, $"updates to {field} are forbidden.");
            }
        }

        errors.Immutable("volumeBindingMode", kind["volumeBindingMode"], old["volumeBindingMode"]);
    }

    public static void Driver(JsonObject driver, JsonObject? old, FieldErrors errors)
    {
        var spec = driver.Object("spec") ?? [];
        DriverName(driver.Object("metadata").Text("name"), "metadata.name", errors);
        OneOf(spec, "fsGroupPolicy", "spec.fsGroupPolicy", s_groups, errors);
        foreach (var mode in spec.Items("volumeLifecycleModes"))
        {
            if (!s_modes.Contains(JsonTree.AsText(mode)))
            {
                errors.NotSupported("spec.volumeLifecycleModes", mode, s_modes);
            }
        }

        Tokens(spec, errors);
        if (old.Object("spec") is { } before)
        {
            // The path is spelled as upstream spells it.
            errors.Immutable("spec.attachedRequired", spec["attachRequired"], before["attachRequired"]);
            errors.Immutable("spec.volumeLifecycleModes", spec["volumeLifecycleModes"], before["volumeLifecycleModes"]);
        }
    }

    public static void Node(JsonObject node, JsonObject? old, FieldErrors errors)
    {
        var known = old.Object("spec").Objects("drivers").ToDictionary(driver => driver.Text("name"));
        foreach (var driver in node.Object("spec").Objects("drivers"))
        {
            if (known.TryGetValue(driver.Text("name"), out var before))
            {
                errors.Immutable("CSINodeDriver", driver, before);
            }
        }

        var at = 0;
        var names = new HashSet<string>();
        foreach (var driver in node.Object("spec").Objects("drivers"))
        {
            var (path, name) = ($"spec.drivers[{at++}]", driver.Text("name"));
            if (name.Length > 0)
            {
                DriverName(name, $"{path}.name", errors);
            }

            if (!names.Add(name))
            {
                errors.Duplicate($"{path}.name", name);
            }

            if (driver.Text("nodeID").Length > MaxNodeId)
            {
                errors.Invalid($"{path}.nodeID", driver["nodeID"], $"must be {MaxNodeId} characters or less");
            }

            TopologyKeys(driver, path, errors);
        }
    }

    public static void Attachment(JsonObject attachment, JsonObject? old, FieldErrors errors)
    {
        const string path = "spec.source";
        const string detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
        var spec = attachment.Object("spec");
        if (old is not null)
        {
            errors.Immutable("spec", spec, old["spec"]);
        }

        if (spec.Text("attacher") is { Length: > 0 } attacher)
        {
            DriverName(attacher, "spec.attacher", errors);
        }

        var source = spec.Object("source");
        switch (source?["persistentVolumeName"], source?["inlineVolumeSpec"])
        {
            case (null, null):
                errors.Required(path, detail);
                break;
            case (not null, not null):
                errors.Forbidden(path, detail);
                break;
            case ({ } name, null) when JsonTree.AsText(name) is "":
                errors.Required($"{path}.persistentVolumeName", "must specify non empty persistentVolumeName");
                break;
        }
    }

    public static void Capacity(JsonObject capacity, JsonObject? old, FieldErrors errors)
    {
        if (capacity.Object("nodeTopology") is { } topology)
        {
            SelectorRules.Terms(topology, "nodeTopology", errors);
        }

        if (old is null)
        {
            return;
        }

        foreach (var field in (string[])["nodeTopology", "storageClassName"])
        {
            errors.Immutable(field, capacity[field], old[field]);
        }
    }

    private static void OneOf(JsonObject obj, string field, string path, string[] allowed, FieldErrors errors)
    {
        if (obj.Text(field) is { Length: > 0 } word && !allowed.Contains(word))
        {
            errors.NotSupported(path, word, allowed);
        }
    }

    private static void Parameters(JsonObject? parameters, FieldErrors errors)
    {
        if (parameters?.Count > MaxParameters)
        {
            errors.TooLong("parameters", MaxParameters);
            return;
        }

        var bytes = 0;
        foreach (var (key, value) in parameters ?? [])
        {
            if (key.Length == 0)
            {
                errors.Invalid("parameters", key, "field can not be empty.");
            }

            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(JsonTree.AsText(value) ?? "");
        }

        if (bytes > MaxParameterBytes)
        {
            errors.TooLong("parameters", MaxParameterBytes);
        }
    }

    private static void Tokens(JsonObject spec, FieldErrors errors)
    {
        var at = 0;
        var audiences = new HashSet<string>();
        foreach (var token in spec.Objects("tokenRequests"))
        {
            var path = $"spec.tokenRequests[{at++}]";
            if (!audiences.Add(token.Text("audience")))
            {
                errors.Duplicate($"{path}.audience", token["audience"]);
            }

            switch (token.Number("expirationSeconds"))
            {
                case < 600:
                    errors.Invalid($"{path}.expirationSeconds", token["expirationSeconds"],
                        "may not specify a duration less than 10 minutes");
                    break;
                case > 1L << 32:
                    errors.Invalid($"{path}.expirationSeconds", token["expirationSeconds"],
                        "may not specify a duration larger than 2^32 seconds");
                    break;
            }
        }
    }

    private static void TopologyKeys(JsonObject driver, string path, FieldErrors errors)
    {
        var keys = new HashSet<string>();
        var items = driver.Items("topologyKeys");
        for (var at = 0; at < items.Count; at++)
        {
            var key = JsonTree.AsText(items[at]) ?? "";
            if (key.Length == 0)
            {
                errors.Required($"{path}.topologyKeys");
                continue;
            }

            if (!keys.Add(key))
            {
                errors.Duplicate($"{path}.topologyKeys", key);
            }

            errors.InvalidAll($"{path}.topologyKeys[{at}]", key, Names.Qualified(key));
        }
    }
}
