using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>One change of an object as each version sees it; made when the first owner of a version is asked.</summary>
internal sealed class FieldComparisons
{
    private readonly FieldVersions _versions;
    private readonly JsonObject _old;
    private readonly JsonObject _next;
    private readonly FieldScope? _scope;
    private readonly Dictionary<string, FieldComparison?> _others = new(StringComparer.Ordinal);

    public FieldComparisons(FieldVersions versions, JsonObject old, JsonObject next, FieldScope? scope = null)
    {
        (_versions, _old, _next, _scope) = (versions, old, next, scope);
        Spoken = Of(versions.Spoken);
    }

    /// <summary>As the version of the request sees it.</summary>
    public FieldComparison Spoken { get; }

    /// <summary>Null for a version that is not served.</summary>
    public FieldComparison? For(string apiVersion)
    {
        if (apiVersion == _versions.Spoken.ApiVersion)
        {
            return Spoken;
        }

        if (!_others.TryGetValue(apiVersion, out var known))
        {
            known = _versions.Find(apiVersion) is { } schema ? Of(schema) : null;
            _others[apiVersion] = known;
        }

        return known;
    }

    /// <summary>The others, each with what it owns of what was changed.</summary>
    public IEnumerable<FieldOwner> Conflicts(FieldOwners owners, FieldOwner who)
    {
        foreach (var owner in owners.All)
        {
            if (!owner.IsSameOwner(who) && For(owner.ApiVersion) is { } comparison
                && owner.Fields.Intersection(comparison.Changed) is { IsEmpty: false } taken)
            {
                yield return owner with { Fields = taken };
            }
        }
    }

    /// <summary>
    /// What owners keep once the change is made; <paramref name="who"/> (null for nobody) is left as it is.
    /// </summary>
    public FieldOwners Left(FieldOwners owners, FieldOwner? who)
    {
        var kept = new List<FieldOwner>(owners.All.Count);
        foreach (var owner in owners.All)
        {
            if (who is not null && owner.IsSameOwner(who))
            {
                kept.Add(owner);
            }
            else if (For(owner.ApiVersion) is { } comparison
                && owner.Fields.Difference(comparison.Changed).Difference(comparison.Removed) is { IsEmpty: false } set)
            {
                kept.Add(owner with { Fields = set });
            }
        }

        return new FieldOwners(kept);
    }

    private FieldComparison Of(ResourceSchema schema)
    {
        var spoken = _versions.Spoken;
        var (old, next) = (_old, _next);
        if (schema.ApiVersion != spoken.ApiVersion)
        {
            old = old.Count == 0 ? old : FieldVersions.Convert(old, spoken, schema);
            next = FieldVersions.Convert(next, spoken, schema);
        }

        var comparison = FieldComparison.Of(schema.Tree, old, next);
        return _scope is null ? comparison : comparison.Within(_scope);
    }
}
