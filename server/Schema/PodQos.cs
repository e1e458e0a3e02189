using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema;

/// <summary>Kubernetes' quality-of-service class, from the cpu and memory of all containers.</summary>
internal static class PodQos
{
    private static readonly string[] _counted = ["cpu", "memory"];

    public static string Of(JsonObject pod)
    {
        var spec = pod.Object("spec");
        var resources = spec.Objects("containers").Concat(spec.Objects("initContainers"))
            .Select(container => container.Object("resources")).ToList();
        if (!resources.Exists(entry => Any(entry, "requests") || Any(entry, "limits")))
        {
            return "BestEffort";
        }

        return resources.TrueForAll(IsGuaranteed) ? "Guaranteed" : "Burstable";
    }

    private static bool Any(JsonObject? resources, string side) =>
        _counted.Any(name => Amount(resources, side, name) is { } amount && amount > Quantity.Zero);

    private static bool IsGuaranteed(JsonObject? resources) => _counted.All(name =>
        Amount(resources, "limits", name) is { } limit && limit > Quantity.Zero
        && (Amount(resources, "requests", name) ?? limit) == limit);

    private static Quantity? Amount(JsonObject? resources, string side, string name) =>
        Quantity.TryParse(resources.Object(side).Text(name), out var amount) ? amount : null;
}
