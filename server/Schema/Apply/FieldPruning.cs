using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>Takes away what an applier named the last time and names no more, unless somebody else owns it.</summary>
/// <param name="versions">Of the kind.</param>
/// <param name="owners">With what the applier names now.</param>
internal sealed class FieldPruning(FieldVersions versions, FieldOwners owners)
{
    /// <param name="merged">In the spoken version, with what is applied now.</param>
    /// <param name="last">What the applier owned before.</param>
    public JsonObject Prune(JsonObject merged, FieldOwner last)
    {
        if (versions.Find(last.ApiVersion) is not { } schema || IsNamedStill(last))
        {
            return merged;
        }

        var tree = schema.Tree;
        var whole = FieldVersions.Convert(merged, versions.Spoken, schema);
        var before = last.Fields.WithNamed(tree);
        var bare = FieldRemoval.Object(tree, whole, before);
        // Its own version first, so that what others need to be converted at all is there again.
        foreach (var version in owners.All.Select(owner => owner.ApiVersion).Prepend(last.ApiVersion).Distinct())
        {
            if (versions.Find(version) is { } other)
            {
                var kept = PutBack(
                    FieldVersions.Convert(whole, schema, other), FieldVersions.Convert(bare, schema, other), other);
                bare = FieldVersions.Convert(kept, other, schema);
            }
        }

        // What it never owned, or others left behind, is not its to take.
        var gone = Named(tree, whole).Difference(Named(tree, bare)).Intersection(before);
        return FieldVersions.Convert(FieldRemoval.Object(tree, whole, gone), schema, versions.Spoken);
    }

    private bool IsNamedStill(FieldOwner last) =>
        owners.Find(last) is { } now && now.ApiVersion == last.ApiVersion
        && last.Fields.Difference(now.Fields).IsEmpty;

    /// <summary>The object with what was taken and is owned.</summary>
    private JsonObject PutBack(JsonObject whole, JsonObject bare, ResourceSchema schema)
    {
        var owned = FieldSet.Union([.. owners.All
            .Where(owner => owner.ApiVersion == schema.ApiVersion).Select(owner => owner.Fields)]);
        var kept = Named(schema.Tree, bare).Union(owned.WithNamed(schema.Tree));
        return FieldRemoval.Object(schema.Tree, whole, Named(schema.Tree, whole).Difference(kept));
    }

    private static FieldSet Named(SchemaNode tree, JsonObject obj) => FieldsOf.Object(tree, obj).WithNamed(tree);
}
