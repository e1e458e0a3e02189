using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>RuntimeClass: a handler that never changes, its overhead and its nodes (node/v1).</summary>
internal static class RuntimeClassRules
{
    public static void Check(JsonObject kind, JsonObject? old, FieldErrors errors)
    {
        errors.InvalidAll("handler", kind.Text("handler"), Names.Label(kind.Text("handler")));
        if (kind.Object("overhead") is { } overhead)
        {
            ResourceRules.Check(
                new JsonObject { ["limits"] = overhead["podFixed"]?.DeepClone() }, "overhead.podFixed", errors);
        }

        if (kind.Object("scheduling") is { } scheduling)
        {
            MetaRules.LabelMap(scheduling.Object("nodeSelector"), "scheduling.nodeSelector", errors);
            PlacementRules.Check(scheduling, "scheduling", errors);
        }

        if (old is not null)
        {
            errors.Immutable("handler", kind["handler"], old["handler"]);
        }
    }
}
