using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.HorizontalPodAutoscalers;

namespace Edge.Tests.Server.Control.HorizontalPodAutoscalers;

/// <summary>The parts of a golden case that only autoscalers have; tests/Cases/README.md says what they are.</summary>
internal sealed class AutoscalerInput(JsonObject input, DateTimeOffset now)
{
    private const double AgeSeconds = 1;
    private const double WindowSeconds = 15;

    public DateTimeOffset Now { get; } = now;

    /// <summary>Null where the case begins with none.</summary>
    public AutoscalerMemory? Memory => input["recommended"] is null && input["grown"] is null && input["shrunk"] is null
        ? null
        : new AutoscalerMemory(
            [.. Each("recommended").Select(item => new Recommendation(At(item), (int)Number(item, "replicas", 0)))],
            [.. Each("grown").Select(item => new ScaleEvent(At(item), (int)Number(item, "by", 0)))],
            [.. Each("shrunk").Select(item => new ScaleEvent(At(item), (int)Number(item, "by", 0)))]);

    /// <summary>All as if one node had said it; all ages of one case are the same.</summary>
    public NodeUsage Usage(IReadOnlyList<Pod> pods)
    {
        var said = new List<PodUsage>();
        var age = AgeSeconds;
        foreach (var (name, given) in input["usage"] as JsonObject ?? [])
        {
            var pod = pods.First(pod => pod.Metadata.Name == name);
            var use = given!.AsObject();
            age = Number(use, "age", AgeSeconds);
            var containers = use["containers"] as JsonObject
                ?? new JsonObject { [pod.Spec.Containers[0].Name] = use.DeepClone() };
            said.Add(new PodUsage
            {
                Uid = pod.Metadata.Uid!, Namespace = pod.Metadata.Namespace!, Name = name,
                WindowMilliseconds = (long)(1000 * Number(use, "window", WindowSeconds)),
                Containers = containers.ToDictionary(one => one.Key, one => new ResourceUsage
                {
                    CpuNanocores = (long)(Amount(one.Value, "cpu") * 1_000_000_000),
                    MemoryBytes = (long)Amount(one.Value, "memory"),
                }),
            });
        }

        return new NodeUsage { Timestamp = Now.AddSeconds(-age), Pods = said };
    }

    private IEnumerable<JsonObject> Each(string part) => (input[part] as JsonArray ?? []).OfType<JsonObject>();

    private DateTimeOffset At(JsonObject item) => Now.AddSeconds(-Number(item, "age", 0));

    private static double Number(JsonObject item, string name, double otherwise) =>
        item[name] is { } value ? double.Parse(value.ToString(), CultureInfo.InvariantCulture) : otherwise;

    private static decimal Amount(JsonNode? container, string resource) =>
        container?[resource] is { } value ? Quantity.Parse(value.ToString()).Value : 0;
}
