namespace Edge.Server.Schema.Documents;

/// <summary>The schemas of some kinds and of everything that they are made of.</summary>
internal sealed class DefinitionsWriter(SchemaCatalog catalog, SchemaWriter writer)
{
    public void Write(IReadOnlyList<ResourceSchema> kinds)
    {
        var byName = kinds.ToDictionary(kind => kind.Tree.Name);
        foreach (var node in Reachable(Roots(kinds)))
        {
            writer.Definition(node, byName.GetValueOrDefault(node.Name));
        }

        foreach (var kind in kinds.Where(kind => kind.Verbs.Contains("list")))
        {
            writer.ListDefinition(kind);
        }

        writer.WellKnown();
    }

    private IEnumerable<SchemaNode> Roots(IReadOnlyList<ResourceSchema> kinds)
    {
        foreach (var kind in kinds)
        {
            yield return kind.Tree;
            foreach (var below in kind.Subresources)
            {
                if (catalog.FindKind(below.Group, below.Version, below.Kind) is { } body)
                {
                    yield return body.Tree;
                }
            }
        }

        foreach (var name in (string[])["DeleteOptions", "Status"])
        {
            yield return catalog.FindKind(SchemaCatalog.MetaGroup, "v1", name)!.Tree;
        }
    }

    private static IEnumerable<SchemaNode> Reachable(IEnumerable<SchemaNode> roots)
    {
        var seen = new HashSet<string>();
        var open = new Queue<SchemaNode>(roots);
        while (open.TryDequeue(out var node))
        {
            if (node.Item is not null)
            {
                open.Enqueue(node.Item);
            }

            if (node.Type != SchemaType.Object || !seen.Add(node.Name))
            {
                continue;
            }

            foreach (var field in node.Fields)
            {
                open.Enqueue(field.Node);
            }

            yield return node;
        }
    }
}
