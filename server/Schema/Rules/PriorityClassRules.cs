using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a priority class may be: names and values of the system's own are kept for them.</summary>
internal static class PriorityClassRules
{
    /// <summary>The highest value that people may give.</summary>
    public const int HighestUserValue = 1_000_000_000;

    public const string ClusterCritical = "system-cluster-critical";
    public const string NodeCritical = "system-node-critical";
    public const int ClusterCriticalValue = 2 * HighestUserValue;
    public const int NodeCriticalValue = ClusterCriticalValue + 1000;

    private const string SystemPrefix = "system-";

    private static readonly string[] s_policies = ["PreemptLowerPriority", "Never"];

    public static void Check(JsonObject priority, JsonObject? old, FieldErrors errors)
    {
        var name = priority.Object("metadata").Text("name");
        var value = priority.Number("value") ?? 0;
        if (name.StartsWith(SystemPrefix, StringComparison.Ordinal))
        {
            if (SystemFault(name, value, priority.Flag("globalDefault")) is { } fault)
            {
                errors.Forbidden("metadata.name", $"priority class names with '{SystemPrefix}' prefix are reserved for "
                    + $"system use only. error: {fault}");
            }
        }
        else if (value > HighestUserValue)
        {
            errors.Forbidden("value", $"maximum allowed value of a user defined priority is {HighestUserValue}");
        }

        if (!s_policies.Contains(priority.Text("preemptionPolicy")))
        {
            errors.NotSupported("preemptionPolicy", priority["preemptionPolicy"], s_policies);
        }

        if (old is not null && (old.Number("value") ?? 0) != value)
        {
            errors.Forbidden("value", "may not be changed in an update.");
        }

        if (old is not null && old.Text("preemptionPolicy") != priority.Text("preemptionPolicy"))
        {
            errors.Invalid("preemptionPolicy", priority["preemptionPolicy"], "field is immutable");
        }
    }

    private static string? SystemFault(string name, long value, bool isDefault) => name switch
    {
        ClusterCritical when value != ClusterCriticalValue =>
            $"value of {name} PriorityClass must be {ClusterCriticalValue}",
        NodeCritical when value != NodeCriticalValue => $"value of {name} PriorityClass must be {NodeCriticalValue}",
        ClusterCritical or NodeCritical => isDefault ? $"globalDefault of {name} PriorityClass must be false" : null,
        _ => $"{name} is not a known system priority class",
    };
}
