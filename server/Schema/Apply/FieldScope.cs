namespace Edge.Server.Schema.Apply;

/// <summary>Which fields an endpoint writes; what an apply says about others is nobody's claim.</summary>
internal sealed class FieldScope
{
    private readonly string? _only;
    private readonly string? _without;

    private FieldScope(string? only, string? without) => (_only, _without) = (only, without);

    /// <summary>The scope of the object itself, or of one of its subresources.</summary>
    public static FieldScope Of(ResourceSchema schema, string subresource) => subresource switch
    {
        "" => new FieldScope(null, schema.HasStatus ? "f:status" : null),
        "status" or "approval" => new FieldScope("f:status", null),
        _ => new FieldScope("f:spec", null),
    };

    public FieldSet Of(FieldSet set)
    {
        if (_only is null && (_without is null || set.Find(_without) is null))
        {
            return set;
        }

        var result = new List<FieldSet.Node>();
        foreach (var node in set.Nodes)
        {
            if (_only is null ? node.Element != _without : node.Element == _only)
            {
                result.Add(node);
            }
        }

        return FieldSet.Of(result);
    }
}
