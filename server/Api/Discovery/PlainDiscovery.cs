using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Server.Api.Discovery;

/// <summary>Discovery as it was first: groups, then one list of resources per group and version.</summary>
internal static class PlainDiscovery
{
    public static JsonObject CoreVersions(string serverAddress) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray((JsonNode)"v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject
        {
            ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = serverAddress,
        }),
    };

    public static JsonObject Groups(SchemaCatalog catalog) => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. catalog.GroupVersions.Where(gv => gv.Group.Length > 0)
            .GroupBy(gv => gv.Group).Select(group => Group(group.Key, [.. group]))]),
    };

    /// <summary>Null for a group that is not served.</summary>
    public static JsonObject? OneGroup(SchemaCatalog catalog, string name)
    {
        var versions = catalog.GroupVersions.Where(gv => gv.Group == name && name.Length > 0).ToList();
        if (versions.Count == 0)
        {
            return null;
        }

        var group = Group(name, versions);
        group.Insert(0, "kind", "APIGroup");
        group.Insert(1, "apiVersion", "v1");
        return group;
    }

    /// <summary>Null for a group and version that is not served.</summary>
    public static JsonObject? Resources(SchemaCatalog catalog, string group, string version)
    {
        var schemas = catalog.Resources.Where(schema => schema.Group == group && schema.Version == version).ToList();
        return schemas.Count == 0 ? null : new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = new JsonArray([.. schemas.SelectMany(Entries)]),
        };
    }

    public static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    public static void AddNames(JsonObject resource, ResourceSchema schema)
    {
        if (schema.ShortNames.Count > 0)
        {
            resource["shortNames"] = Texts(schema.ShortNames);
        }

        if (schema.Categories.Count > 0)
        {
            resource["categories"] = Texts(schema.Categories);
        }
    }

    private static JsonObject Group(string name, List<GroupVersion> versions) => new()
    {
        ["name"] = name,
        ["versions"] = new JsonArray([.. versions.Select(Version)]),
        ["preferredVersion"] = Version(versions[0]),
    };

    private static JsonObject Version(GroupVersion gv) =>
        new() { ["groupVersion"] = gv.ToString(), ["version"] = gv.Version };

    private static IEnumerable<JsonObject> Entries(ResourceSchema schema)
    {
        var entry = new JsonObject
        {
            ["name"] = schema.Plural,
            ["singularName"] = schema.Singular,
            ["namespaced"] = schema.Namespaced,
            ["kind"] = schema.Kind,
            ["verbs"] = Texts(schema.Verbs),
        };
        AddNames(entry, schema);
        yield return entry;
        foreach (var sub in schema.Subresources)
        {
            var below = new JsonObject
            {
                ["name"] = $"{schema.Plural}/{sub.Name}",
                ["singularName"] = "",
                ["namespaced"] = schema.Namespaced,
                ["kind"] = sub.Kind,
                ["verbs"] = Texts(sub.Verbs),
            };
            if (sub.Group != schema.Group || sub.Version != schema.Version)
            {
                (below["group"], below["version"]) = (sub.Group, sub.Version);
            }

            yield return below;
        }
    }
}
