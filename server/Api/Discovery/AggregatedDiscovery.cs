using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Server.Api.Discovery;

/// <summary>Discovery in the form that takes a client two requests (apidiscovery.k8s.io).</summary>
internal static class AggregatedDiscovery
{
    /// <param name="catalog">What is served.</param>
    /// <param name="core">True for /api (the core group alone), false for /apis (all others).</param>
    /// <param name="version">v2 or v2beta1; the shapes are the same.</param>
    public static JsonObject Of(SchemaCatalog catalog, bool core, string version) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = $"apidiscovery.k8s.io/{version}",
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray([.. catalog.GroupVersions
            .Where(gv => gv.Group.Length == 0 == core)
            .GroupBy(gv => gv.Group)
            .Select(group => Group(catalog, group.Key, group))]),
    };

    private static JsonObject Group(SchemaCatalog catalog, string name, IEnumerable<GroupVersion> versions) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["versions"] = new JsonArray([.. versions.Select(gv => new JsonObject
        {
            ["version"] = gv.Version,
            ["freshness"] = "Current",
            ["resources"] = new JsonArray([.. catalog.Resources
                .Where(schema => schema.Group == gv.Group && schema.Version == gv.Version).Select(Resource)]),
        })]),
    };

    private static JsonObject Resource(ResourceSchema schema)
    {
        var resource = new JsonObject
        {
            ["resource"] = schema.Plural,
            ["responseKind"] = Kind(schema.Group, schema.Version, schema.Kind),
            ["scope"] = schema.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = schema.Singular,
            ["verbs"] = PlainDiscovery.Texts(schema.Verbs),
        };
        PlainDiscovery.AddNames(resource, schema);
        if (schema.Subresources.Count > 0)
        {
            resource["subresources"] = new JsonArray([.. schema.Subresources.Select(sub => new JsonObject
            {
                ["subresource"] = sub.Name,
                ["responseKind"] = Kind(sub.Group, sub.Version, sub.Kind),
                ["verbs"] = PlainDiscovery.Texts(sub.Verbs),
            })]);
        }

        return resource;
    }

    private static JsonObject Kind(string group, string version, string kind) =>
        new() { ["group"] = group, ["version"] = version, ["kind"] = kind };
}
