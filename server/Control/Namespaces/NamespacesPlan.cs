using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.Namespaces;

/// <summary>
/// What a namespace on its way out says about what is left in it (core/v1 NamespaceCondition), and when it goes. Pure.
/// </summary>
internal static class NamespacesPlan
{
    /// <summary>The namespace with its conditions; without its finalizer if nothing is left. Edits the tree.</summary>
    public static JsonObject? Next(JsonObject ns, IReadOnlyList<StoredObject> left, DateTimeOffset now)
    {
        if (ns["metadata"]?["deletionTimestamp"] is null)
        {
            return null;
        }

        var status = ns["status"] as JsonObject ?? [];
        var conditions = status["conditions"] as JsonArray ?? [];
        foreach (var condition in Conditions(left))
        {
            Set(conditions, condition, now);
        }

        status["conditions"] = conditions;
        ns["status"] = status;
        if (left.Count == 0 && ns["spec"]?["finalizers"] is JsonArray finalizers)
        {
            var others = finalizers.Where(entry => entry?.ToString() != NamespacesController.Finalizer);
            ns["spec"]!["finalizers"] = new JsonArray([.. others.Select(entry => entry?.DeepClone())]);
        }

        return ns;
    }

    /// <summary>
    /// The five that upstream sets. Kinds are not discovered and groups not parsed here, so the first two never fail; a
    /// deletion that fails is tried again and logged.
    /// </summary>
    private static IEnumerable<NamespaceCondition> Conditions(IReadOnlyList<StoredObject> left)
    {
        yield return new("NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
            "All resources successfully discovered");
        yield return new("NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
            "All legacy kube types successfully parsed");
        yield return new("NamespaceDeletionContentFailure", false, "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization");

        var resources = Counts(left.Select(stored => ResourceOf(stored.Key)), "has");
        yield return resources.Length == 0
            ? new("NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed")
            : new("NamespaceContentRemaining", true, "SomeResourcesRemain",
                $"Some resources are remaining: {resources}");

        var finalizers = Counts(left.SelectMany(stored => ObjectHead.TryRead(stored)?.Finalizers ?? []), "in");
        yield return finalizers.Length == 0
            ? new("NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers",
                "All content-preserving finalizers finished")
            : new("NamespaceFinalizersRemaining", true, "SomeFinalizersRemain",
                $"Some content in the namespace has finalizers remaining: {finalizers}");
    }

    /// <summary>Resource and group as upstream joins them: the core group leaves its dot.</summary>
    private static string ResourceOf(string key)
    {
        var (group, resource, _, _) = StoreKeys.Parts(key);
        return $"{resource}.{(group == StoreKeys.CoreGroup ? "" : group)}";
    }

    private static string Counts(IEnumerable<string> names, string verb) => string.Join(
        ", ", names.CountBy(name => name).Select(count => $"{count.Key} {verb} {count.Value} resource instances")
            .Order(StringComparer.Ordinal));

    private static void Set(JsonArray conditions, NamespaceCondition wanted, DateTimeOffset now)
    {
        var condition = conditions.OfType<JsonObject>().FirstOrDefault(old => old["type"]?.ToString() == wanted.Type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = wanted.Type };
            conditions.Add((JsonNode)condition);
        }

        var value = wanted.Holds ? "True" : "False";
        if (condition["status"]?.ToString() != value)
        {
            condition["status"] = value;
            condition["lastTransitionTime"] = TimeJson.Text(now);
        }

        condition["reason"] = wanted.Reason;
        condition["message"] = wanted.Message;
    }

    private readonly record struct NamespaceCondition(string Type, bool Holds, string Reason, string Message);
}
