using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;

namespace Edge.Server.Api.Verbs;

/// <summary>Kubernetes' quality-of-service class of a pod, by what its containers ask for.</summary>
internal static class PodQos
{
    private static readonly string[] s_counted = ["cpu", "memory"];

    public static string Of(JsonObject spec)
    {
        var containers = spec.Objects("containers").Concat(spec.Objects("initContainers")).ToList();
        var asks = containers.Select(container => container.Object("resources")).ToList();
        if (asks.All(resources => s_counted.All(name => Amount(resources, "requests", name) is null
            && Amount(resources, "limits", name) is null)))
        {
            return "BestEffort";
        }

        return asks.All(IsGuaranteed) ? "Guaranteed" : "Burstable";
    }

    /// <summary>A request that is left out equals the limit.</summary>
    private static bool IsGuaranteed(JsonObject? resources) => s_counted.All(name =>
        Amount(resources, "limits", name) is { } limit
        && (Amount(resources, "requests", name) is not { } request || request == limit));

    private static Quantity? Amount(JsonObject? resources, string part, string name) =>
        resources.Object(part)?[name] is { } value && Quantity.TryParse(value.ToString(), out var amount)
            && amount.CompareTo(default) > 0
            ? amount
            : null;
}
