using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>Who owns what after a create, an update or a patch other than apply.</summary>
internal static class FieldTracking
{
    /// <summary>Fields of metadata that are nobody's (besides apiVersion and kind).</summary>
    private static readonly string[] s_servers =
    [
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion",
    ];

    private static readonly FieldSet s_nobodys = Nobodys();

    public static bool IsServers(string name) => s_servers.Contains(name);

    /// <summary>The set without what nobody can own.</summary>
    public static FieldSet Claims(FieldSet set) => set.Difference(s_nobodys);

    /// <summary>
    /// The owners that an update starts from. A client may write them itself: one entry without anything says that
    /// nobody owns anything any more, entries that make sense replace those that were, and all else leaves them.
    /// </summary>
    /// <param name="known">Those of the stored object.</param>
    /// <param name="sent">The body's managedFields.</param>
    /// <param name="subresource">A subresource cannot change them.</param>
    public static FieldOwners Known(FieldOwners known, JsonNode? sent, string subresource) =>
        (sent, subresource) switch
        {
            (JsonArray { Count: > 0 } entries, "") =>
                entries is [JsonObject { Count: 0 }] ? FieldOwners.None
                : FieldOwners.Read(entries, trusted: false) ?? known,
            _ => known,
        };

    /// <param name="versions">Of the kind; both objects are in the spoken one.</param>
    /// <param name="old">As it was; empty when it is new.</param>
    /// <param name="next">As it is to be.</param>
    /// <param name="owners">So far; an object that is not new and has none is not tracked.</param>
    /// <param name="who">Writes, and when; without fields.</param>
    public static FieldOwners Update(
        FieldVersions versions, JsonObject old, JsonObject next, FieldOwners owners, FieldOwner who)
    {
        if (owners.IsEmpty && old.Count > 0)
        {
            return owners;
        }

        var comparisons = new FieldComparisons(versions, old, next);
        var rest = comparisons.Left(owners, who: null);
        var changed = Claims(comparisons.Spoken.Changed);
        if (changed.IsEmpty)
        {
            return rest;
        }

        var before = rest.Find(who)?.Fields ?? FieldSet.Empty;
        return rest.With(who with { Fields = before.Union(changed) }).Capped();
    }

    /// <summary>
    /// Brings managedFields of an object up to date that one of the server's own loops changes. In place.
    /// </summary>
    /// <param name="versions">Of the kind; both objects are in the spoken one, which is the one that is kept.</param>
    /// <param name="old">The stored object.</param>
    /// <param name="next">The same with what the loop changed.</param>
    /// <param name="who">The loop, and when; without fields.</param>
    public static void Stamp(FieldVersions versions, JsonObject old, JsonObject next, FieldOwner who)
    {
        var metadata = next.Ensure("metadata");
        if (FieldOwners.Read(metadata["managedFields"], trusted: true) is { IsEmpty: false } owners)
        {
            var written = Update(versions, old, next, owners, who).Write();
            metadata["managedFields"] = JsonNode.Parse(written.Span);
        }
    }

    private static FieldSet Nobodys()
    {
        var metadata = FieldSet.Of([.. s_servers.Select(Leaf)]);
        return FieldSet.Of(
        [
            Leaf("apiVersion"), Leaf("kind"),
            new FieldSet.Node(FieldElement.Field("metadata"), IsMember: true, metadata),
        ]);

        static FieldSet.Node Leaf(string name) => FieldSet.Node.Leaf(FieldElement.Field(name));
    }
}
