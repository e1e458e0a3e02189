using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rows;

/// <summary>What a node or a pod uses, as a line of its own table (not that of <c>kubectl top</c>).</summary>
internal static class MetricsRow
{
    public static IReadOnlyList<JsonNode?> Cells(JsonObject metrics) =>
    [
        metrics.Object("metadata").Text("name"), Sum(metrics, "cpu"), Sum(metrics, "memory"), metrics.Text("window"),
    ];

    /// <summary>That of the node itself, or of all containers of the pod.</summary>
    private static string Sum(JsonObject metrics, string resource)
    {
        var (amount, all) = (0m, metrics.Objects("containers").Prepend(metrics));
        foreach (var part in all)
        {
            amount += Quantity.TryParse(part.Object("usage").Text(resource), out var used) ? used.Value : 0;
        }

        var sum = resource == "cpu"
            ? Quantity.FromNano((long)(amount * 1_000_000_000))
            : Quantity.FromBytes((long)amount);
        return sum.ToString();
    }
}
