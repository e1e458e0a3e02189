using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Fleet;

/// <summary>
/// What a node says it has spent, as annotations of its Node, which <c>kubectl describe node</c> prints. Pure.
/// </summary>
internal static class NodeBudgetsPlan
{
    public const string CountedAnnotation = "edge/bytes-counted";

    /// <summary>A word that may stand in a metric's label and in an annotation.</summary>
    private const int FeatureMax = 24;

    /// <summary>An exabyte, a thousand years: beyond any node, and their sums fit 64 bits.</summary>
    private const long BytesMax = 1L << 60;
    private const long SecondsMax = 1000L * 366 * 24 * 3600;

    /// <summary>Why it cannot be, or null.</summary>
    public static string? Fault(NodeBudgets budgets)
    {
        var items = budgets.Items ?? [];
        if (items.Count > NodeBudgets.ItemsMax || budgets.Seconds is < 0 or > SecondsMax)
        {
            return "so much cannot be counted";
        }

        foreach (var item in items)
        {
            if (item is null || !SpentBytes.Ways.Contains(item.Way) || item.Bytes is < 0 or > BytesMax
                || item.Feature.Length is 0 or > FeatureMax || !item.Feature.All(char.IsAsciiLetterLower))
            {
                return "it names no bytes";
            }
        }

        return null;
    }

    /// <summary>The node with what it spent. They are the server's words: a node writes no annotations.</summary>
    public static JsonObject Annotate(JsonObject node, NodeBudgets budgets, DateTimeOffset now)
    {
        var metadata = node["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        var counted = HumanDuration.Of(TimeSpan.FromSeconds(budgets.Seconds));
        annotations[CountedAnnotation] = $"over {counted}, told at {TimeJson.Text(now)}";
        foreach (var way in SpentBytes.Ways)
        {
            annotations[$"edge/bytes-{way}"] = Text(budgets, way);
        }

        return node;
    }

    private static string Text(NodeBudgets budgets, string way)
    {
        var text = new StringBuilder();
        foreach (var item in budgets.Items ?? [])
        {
            if (item.Way == way)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? " " : "")}{item.Feature}={item.Bytes}");
            }
        }

        return text.ToString();
    }
}
