using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Sharing;

/// <summary>
/// The configuration file of NVIDIA's device plugin (<c>version: v1</c>), as YAML or JSON. What is not known is refused
/// by name: a misspelled <c>replicas</c> must not quietly share nothing. Fields that say how the plugin itself is
/// installed are taken and told of. Pure.
/// </summary>
internal static class SharingReader
{
    /// <summary>Shares of one device: more than that many programs do not take turns on a GPU.</summary>
    private const int ReplicasMax = 256;

    /// <summary>Of a resource's name, as the plugin has it.</summary>
    private const int NameMax = 63;

    private const int ResourcesMax = 64;

    private const string Vendor = "nvidia.com/";

    /// <exception cref="FormatException">It is no such document; the message names the field and why.</exception>
    public static SharingDocument Read(string text)
    {
        if (text.Length > NodeSettings.GpuSharingMax)
        {
            throw new FormatException($"it is longer than {NodeSettings.GpuSharingMax} characters");
        }

        return YamlTree.Read(text) switch
        {
            [] => SharingDocument.Empty,
            [var tree] => Document(Map(tree, "the document")),
            _ => throw new FormatException("one document is needed, and there are several"),
        };
    }

    private static SharingDocument Document(JsonObject map)
    {
        Only(map, "", "version", "flags", "resources", "sharing", "imex", "health");
        if (map["version"] is { } version && Text(version, "version") is not "v1")
        {
            throw new FormatException($"unknown version: {Text(version, "version")}");
        }

        var idle = new List<string>();
        foreach (var part in (string[])["resources", "imex", "health"])
        {
            if (map.ContainsKey(part))
            {
                idle.Add(part);
            }
        }

        var document = Sharing(Inner(map, "sharing", ""));
        return document with { MigStrategy = Flags(Inner(map, "flags", ""), idle), WithoutEffect = idle };
    }

    /// <summary>All but one say how a plugin is installed that is not here.</summary>
    private static string? Flags(JsonObject flags, List<string> idle)
    {
        string? strategy = null;
        foreach (var (name, value) in flags)
        {
            if (name != "migStrategy")
            {
                idle.Add($"flags.{name}");
                continue;
            }

            strategy = Text(value, "flags.migStrategy");
            if (strategy is not ("none" or "single" or "mixed"))
            {
                throw new FormatException($"flags.migStrategy: \"{strategy}\" is not none, single or mixed");
            }
        }

        return strategy;
    }

    private static SharingDocument Sharing(JsonObject sharing)
    {
        Only(sharing, "sharing.", "timeSlicing", "mps");
        if (sharing["mps"] is JsonObject { Count: > 0 })
        {
            throw new FormatException(
                "sharing.mps is not supported: nothing here starts NVIDIA's MPS daemon; sharing.timeSlicing is");
        }

        const string path = "sharing.timeSlicing";
        var slicing = Inner(sharing, "timeSlicing", "sharing.");
        Only(slicing, path + ".", "renameByDefault", "failRequestsGreaterThanOne", "resources");
        if (slicing.Count == 0)
        {
            return SharingDocument.Empty;
        }

        var renames = Flag(slicing, "renameByDefault", path);
        var resources = new List<SharedResource>();
        foreach (var item in slicing["resources"] as JsonArray ?? [])
        {
            resources.Add(Resource(item!, $"{path}.resources[{resources.Count}]", renames));
        }

        return resources.Count is > 0 and <= ResourcesMax
            ? new SharingDocument
            {
                FailRequestsGreaterThanOne = Flag(slicing, "failRequestsGreaterThanOne", path),
                Resources = resources,
            }
            : throw new FormatException(resources.Count == 0
                ? $"{path}.resources: no resources specified"
                : $"{path}.resources: more than {ResourcesMax}");
    }

    private static SharedResource Resource(JsonNode item, string path, bool renames)
    {
        var map = Map(item, path);
        Only(map, path + ".", "name", "rename", "devices", "replicas");
        var name = Name(map["name"] ?? throw new FormatException($"{path}.name: no resource name specified"),
            path + ".name");
        var rename = map["rename"] is { } other ? Name(other, path + ".rename") : renames ? name + ".shared" : null;
        var replicas = Number(map["replicas"] ?? throw new FormatException($"{path}.replicas: no replicas specified"))
            is { } count and >= 1 and <= ReplicasMax
            ? count
            : throw new FormatException($"{path}.replicas: a whole number from 1 to {ReplicasMax} is needed");
        return Devices(map["devices"], path + ".devices", new SharedResource(name, rename, replicas));
    }

    private static SharedResource Devices(JsonNode? devices, string path, SharedResource resource)
    {
        if (devices is JsonArray list)
        {
            var references = new List<string>();
            foreach (var item in list)
            {
                references.Add(Reference(item!, $"{path}[{references.Count}]"));
            }

            return resource with { Devices = references };
        }

        return devices is null || TextOf(devices) == "all" ? resource
            : Number(devices) is { } count and > 0 ? resource with { Count = count }
            : throw new FormatException(
                $"{path}: all, a count of at least 1, or a list of indices and UUIDs is needed");
    }

    private static string Reference(JsonNode item, string path)
    {
        var text = Number(item) is { } index and >= 0
            ? index.ToString(CultureInfo.InvariantCulture)
            : TextOf(item) ?? "";
        return IsIndex(text) || (text.Split(':') is [var gpu, var part] && IsIndex(gpu) && IsIndex(part))
            || text.StartsWith("GPU-", StringComparison.Ordinal) || text.StartsWith("MIG-", StringComparison.Ordinal)
            ? text
            : throw new FormatException($"{path}: \"{text}\" is no index, no index of a part, and no UUID");
    }

    private static bool IsIndex(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>The vendor may be left out, as in the plugin.</summary>
    private static string Name(JsonNode node, string path)
    {
        var text = Text(node, path);
        var name = text.Contains('/', StringComparison.Ordinal) ? text : Vendor + text;
        var own = name.StartsWith(Vendor, StringComparison.Ordinal) ? name.AsSpan(Vendor.Length) : [];
        foreach (var letter in own)
        {
            own = char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? own : [];
        }

        return own.Length > 0 && char.IsAsciiLetterOrDigit(own[0]) && char.IsAsciiLetterOrDigit(own[^1])
            && name.Length <= NameMax
            ? name
            : throw new FormatException($"{path}: \"{text}\" is no resource of nvidia.com");
    }

    private static void Only(JsonObject map, string path, params ReadOnlySpan<string> known)
    {
        foreach (var (name, _) in map)
        {
            if (known.IndexOf(name) < 0)
            {
                throw new FormatException($"unknown field \"{path}{name}\"");
            }
        }
    }

    /// <summary>Empty when it is not there.</summary>
    private static JsonObject Inner(JsonObject map, string field, string path) =>
        map[field] is { } inner ? Map(inner, path + field) : [];

    private static JsonObject Map(JsonNode node, string path) =>
        node as JsonObject ?? throw new FormatException($"{path}: a mapping is needed");

    private static bool Flag(JsonObject map, string field, string path) => map[field]?.GetValueKind() switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw new FormatException($"{path}.{field}: true or false is needed"),
    };

    private static string Text(JsonNode? node, string path) =>
        TextOf(node) ?? throw new FormatException($"{path}: a text is needed");

    private static string? TextOf(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static int? Number(JsonNode node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number
        && value.TryGetValue(out JsonElement written) && written.TryGetInt32(out var number) ? number : null;
}
