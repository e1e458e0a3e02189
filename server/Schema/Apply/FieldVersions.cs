using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>The versions of one kind, because owners name fields in the version that they wrote in.</summary>
/// <param name="catalog">Knows the other versions.</param>
/// <param name="spoken">The version of the request.</param>
internal sealed class FieldVersions(SchemaCatalog catalog, ResourceSchema spoken)
{
    public ResourceSchema Spoken => spoken;

    /// <summary>Null for a version that is not served (any more).</summary>
    public ResourceSchema? Find(string apiVersion)
    {
        if (apiVersion == spoken.ApiVersion)
        {
            return spoken;
        }

        var slash = apiVersion.LastIndexOf('/');
        var group = slash < 0 ? "" : apiVersion[..slash];
        return catalog.Find(group, apiVersion[(slash + 1)..], spoken.Plural) is { } other
            && catalog.StoredFormOf(other) == catalog.StoredFormOf(spoken)
                ? other
                : null;
    }

    /// <summary>The object in another version; the object itself where both are the same.</summary>
    public static JsonObject Convert(JsonObject obj, ResourceSchema from, ResourceSchema to) =>
        from.ApiVersion == to.ApiVersion
            ? obj
            : VersionConversion.FromStored(to, VersionConversion.ToStored(from, obj));
}
