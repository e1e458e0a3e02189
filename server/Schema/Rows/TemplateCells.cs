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

    public static string Selector(JsonObject? selector) =>
        SelectorText.Of(selector) is { Length: > 0 } text ? text : "<none>";
}
