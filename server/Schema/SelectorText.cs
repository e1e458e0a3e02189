using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>A label selector as a <c>labelSelector</c> parameter, by key (meta/v1 FormatLabelSelector).</summary>
internal static class SelectorText
{
    /// <summary>Empty for a selector without terms.</summary>
    public static string Of(JsonObject? selector) => string.Join(',', (selector.Object("matchLabels") ?? [])
        .Select(pair => (pair.Key, Text: $"{pair.Key}={pair.Value}"))
        .Concat(selector.Objects("matchExpressions").Select(term => (Key: term.Text("key"), Text: Term(term))))
        .OrderBy(term => term.Key, StringComparer.Ordinal)
        .Select(term => term.Text));

    /// <summary>A selector that is a map of labels, as that of a ReplicationController.</summary>
    public static string OfLabels(JsonObject? labels) => string.Join(',', (labels ?? [])
        .OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));

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
