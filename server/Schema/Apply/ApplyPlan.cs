using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// Server-side apply: joins an applied object with the live one, takes away what its applier no longer names and nobody
/// else owns, and finds out whose fields that changes.
/// </summary>
/// <param name="versions">Of the kind; all objects are in the spoken one.</param>
/// <param name="scope">What the endpoint writes.</param>
/// <param name="who">Applies, and when; without fields.</param>
/// <param name="force">True takes the fields that others own.</param>
internal sealed class ApplyPlan(FieldVersions versions, FieldScope scope, FieldOwner who, bool force)
{
    /// <summary>Owns what an object held before anybody's fields were known.</summary>
    private const string BeforeFirstApply = "before-first-apply";

    private SchemaNode Tree => versions.Spoken.Tree;

    /// <param name="live">Without managedFields; empty when there is no object yet.</param>
    /// <param name="applied">The manifest, checked by <see cref="ObjectDecoder.FromApply"/>.</param>
    /// <param name="known">The owners so far.</param>
    public ApplyOutcome Run(JsonObject live, JsonObject applied, FieldOwners known)
    {
        var owners = known.IsEmpty && live.Count > 0 ? Before(live) : known;
        var last = owners.Find(who);
        var named = scope.Of(FieldsOf.Object(Tree, applied));
        var all = owners.With(who with { Fields = named });
        var next = FieldMerge.Object(Tree, live, applied);
        if (last is not null)
        {
            next = new FieldPruning(versions, all).Prune(next, last);
        }

        var comparisons = new FieldComparisons(versions, live, next, scope);
        if (!force && Conflicts(comparisons, all, live) is { Count: > 0 } conflicts)
        {
            return new ApplyOutcome.Conflicted(conflicts);
        }

        // As upstream: an entry keeps its time while the object stays as it is.
        var changes = !JsonTree.Same(live, next);
        LastApplied.Renew(next, applied, who.Name);
        var result = comparisons.Left(owners, who).With(
            who with { Fields = FieldTracking.Claims(named), Time = changes ? who.Time : last?.Time });
        return new ApplyOutcome.Applied(next, result);
    }

    private List<FieldConflict> Conflicts(FieldComparisons comparisons, FieldOwners owners, JsonObject live)
    {
        var found = comparisons.Conflicts(owners, who).ToList();
        if (found.Count > 0 && LastApplied.Allowed(versions.Spoken, live, who.Name) is { } allowed)
        {
            found = [.. found.Select(owner => owner with { Fields = owner.Fields.Difference(allowed) })];
        }

        return [.. found
            .OrderBy(owner => owner.Name, StringComparer.Ordinal)
            .ThenBy(owner => owner.Operation, StringComparer.Ordinal)
            .ThenBy(owner => owner.ApiVersion, StringComparer.Ordinal)
            .ThenBy(owner => owner.Subresource, StringComparer.Ordinal)
            .SelectMany(owner => owner.Fields.Paths().Select(path => new FieldConflict(owner.Text, path)))];
    }

    private FieldOwners Before(JsonObject live)
    {
        var held = FieldTracking.Claims(scope.Of(FieldComparison.Of(Tree, [], live).Changed));
        return FieldOwners.None.With(
            who with { Name = BeforeFirstApply, Applied = false, Fields = held });
    }
}
