using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Edge.Server.Store;

namespace Edge.Server.Fleet;

/// <summary>
/// Reads what a node reports, strictly: what gets through can be read back from the store by every part of the server.
/// One broken device must not be able to stop the loops that serve all others. Pure.
/// </summary>
internal static class ReportReader
{
    public const string PodPrefix = "pods/";
    public const string NodeKey = "node";
    public const string ImagesKey = "images";
    public const string BudgetsKey = "budgets";

    /// <summary>The report as a tree, or null and what is wrong with it.</summary>
    public static (JsonNode? Report, string Problem) Read(MapEntry entry)
    {
        try
        {
            var tree = JsonNode.Parse(entry.Value.Span);
            if (HasGap(tree))
            {
                return (null, "a list holds null");
            }

            return entry.Key.StartsWith(PodPrefix, StringComparison.Ordinal) ? Check(tree, ModelJson.Default.PodReport)
                : entry.Key == NodeKey ? Check(tree, ModelJson.Default.NodeReport)
                : entry.Key == ImagesKey ? CheckImages(tree)
                : entry.Key == BudgetsKey ? CheckBudgets(tree)
                : entry.Key == GpuInventory.ReportKey ? CheckGpus(tree, entry.Value)
                : (null, "no such key is known");
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException or InvalidOperationException)
        {
            // ArgumentException: a name stands twice in an object, which is found when the tree is walked.
            // InvalidOperationException: a text is no Unicode, which is found when the text is looked at.
            return (null, failure.Message);
        }
    }

    private static (JsonNode?, string) Check<T>(JsonNode? tree, JsonTypeInfo<T> type) where T : class
    {
        if (tree is not JsonObject map || map.Deserialize(type) is null)
        {
            return (null, "it is not an object");
        }

        // Texts in fields that no record knows are read for the first time when they are stored.
        _ = ObjectBytes.Write(map);
        return (tree, "");
    }

    private static (JsonNode?, string) CheckImages(JsonNode? tree)
    {
        if (tree is not JsonArray)
        {
            return (null, "it is not a list");
        }

        var status = new JsonObject { ["status"] = new JsonObject { ["images"] = tree.DeepClone() } };
        return Check(status, ModelJson.Default.NodeReport) is (null, var problem) ? (null, problem) : (tree, "");
    }

    private static (JsonNode?, string) CheckBudgets(JsonNode? tree) =>
        Check(tree, ModelJson.Default.NodeBudgets) is (null, var problem) ? (null, problem)
        : NodeBudgetsPlan.Fault(tree.Deserialize(ModelJson.Default.NodeBudgets)!) is { } fault ? (null, fault)
        : (tree, "");

    private static (JsonNode?, string) CheckGpus(JsonNode? tree, ReadOnlyMemory<byte> bytes)
    {
        var gpus = GpuJson.Read(bytes);
        // As with every text that is stored: what is no Unicode is found when it is written.
        _ = GpuJson.Bytes(gpus);
        return (tree, "");
    }

    private static bool HasGap(JsonNode? tree) => tree switch
    {
        JsonArray list => list.Any(item => item is null || HasGap(item)),
        JsonObject map => map.Any(field => HasGap(field.Value)),
        _ => false,
    };
}
