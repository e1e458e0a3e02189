using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>What the wide columns say about a pod template and the labels it is chosen by.</summary>
internal static class TemplateCells
{
    /// <summary>Names and images of the containers in a pod's spec, without those that initialize.</summary>
    public static (string Names, string Images) Containers(JsonObject? podSpec)
    {
        var containers = podSpec.Objects("containers").ToList();
        return (string.Join(',', containers.Select(container => container.Text("name"))),
            string.Join(',', containers.Select(container => container.Text("image"))));
    }

    public static string Labels(JsonObject? labels) => labels is null or { Count: 0 }
        ? "<none>"
        : string.Join(',', labels.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key}={pair.Value}"));

    /// <summary>A label selector in the form of <c>kubectl -l</c>, by key (meta/v1 FormatLabelSelector).</summary>
    public static string Selector(JsonObject? selector)
    {
        var terms = (selector.Object("matchLabels") ?? [])
            .Select(pair => (pair.Key, Text: $"{pair.Key}={pair.Value}"))
            .Concat(selector.Objects("matchExpressions").Select(term => (Key: term.Text("key"), Text: Term(term))))
            .OrderBy(term => term.Key, StringComparer.Ordinal)
            .Select(term => term.Text)
            .ToList();
        return terms.Count == 0 ? "<none>" : string.Join(',', terms);
    }

    private static string Term(JsonObject term)
    {
        var values = string.Join(',', term.Items("values").Select(JsonTree.AsText).Order(StringComparer.Ordinal));
        return term.Text("operator") switch
        {
            "In" => $"{term.Text("key")} in ({values})",
            "NotIn" => $"{term.Text("key")} notin ({values})",
            "DoesNotExist" => $"!{term.Text("key")}",
            _ => term.Text("key"),
        };
    }
}
