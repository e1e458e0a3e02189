using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>What an autoscaler has before it, of one moment.</summary>
/// <param name="Autoscaler">The autoscaler.</param>
/// <param name="Target">What it scales.</param>
/// <param name="Pods">The pods of the target.</param>
/// <param name="Rivals">
/// All autoscalers of the same target as <c>namespace/name</c>, this one among them, where there are several.
/// </param>
internal sealed record AutoscalerState(
    HorizontalPodAutoscaler Autoscaler, ScaleTarget Target, IReadOnlyList<Pod> Pods, IReadOnlyList<string> Rivals)
{
    /// <summary>What is known of the use of pods, by name. Pods of a node that did not answer are not in it.</summary>
    public IReadOnlyDictionary<string, PodSample> Samples { get; init; } = new Dictionary<string, PodSample>();

    public int Min => Autoscaler.Spec.MinReplicas ?? 1;

    public int Max => Autoscaler.Spec.MaxReplicas;

    /// <summary>Whether what the pods use decides anything: only then their nodes are asked.</summary>
    public bool NeedsUsage =>
        Target is ScaleTarget.Found found && Rivals.Count <= 1
        && found.Replicas > 0 && found.Replicas >= Min && found.Replicas <= Max
        && Metrics.Any(metric => metric.Type is MetricTypes.Resource or MetricTypes.ContainerResource);

    /// <summary>The metrics; without any the API's default (autoscaling/v2): 80 % of the cpu request.</summary>
    public IReadOnlyList<MetricSpec> Metrics => Autoscaler.Spec.Metrics is { Count: > 0 } given ? given : s_default;

    private static readonly IReadOnlyList<MetricSpec> s_default =
    [
        new MetricSpec
        {
            Type = MetricTypes.Resource,
            Resource = new ResourceMetricSource
            {
                Name = "cpu", Target = new MetricTarget { Type = "Utilization", AverageUtilization = 80 },
            },
        },
    ];

    /// <summary>The state with what the nodes said; a pod of the same name but another UID is another pod.</summary>
    public AutoscalerState With(IEnumerable<NodeUsage?> answers)
    {
        var uids = Pods.ToDictionary(pod => pod.Metadata.Name ?? "", pod => pod.Metadata.Uid);
        var ns = Autoscaler.Metadata.Namespace;
        var samples = new Dictionary<string, PodSample>();
        foreach (var answer in answers)
        {
            foreach (var pod in answer?.Pods ?? [])
            {
                if (pod.Namespace == ns && uids.TryGetValue(pod.Name, out var uid) && uid == pod.Uid
                    && answer?.Timestamp is { } at)
                {
                    samples[pod.Name] = new PodSample(at, pod);
                }
            }
        }

        return this with { Samples = samples };
    }
}

/// <summary>What a pod used.</summary>
/// <param name="At">The end of the window that it was counted over.</param>
/// <param name="Usage">What.</param>
internal sealed record PodSample(DateTimeOffset At, PodUsage Usage);

/// <summary>What is scaled, as its scale subresource shows it (autoscaling/v1 Scale).</summary>
internal abstract record ScaleTarget
{
    private ScaleTarget()
    {
    }

    /// <param name="Kind">Such as <c>Deployment</c>.</param>
    /// <param name="Uid">Whose size it is.</param>
    /// <param name="Replicas">How many pods it is to have.</param>
    /// <param name="Selector">Which pods.</param>
    public sealed record Found(string Kind, string Uid, int Replicas, LabelSelector? Selector) : ScaleTarget
    {
        /// <summary>As <c>status.selector</c> of a scale has it.</summary>
        public string SelectorText => Schema.SelectorText.Of(
            JsonSerializer.SerializeToNode(Selector ?? new(), ModelJson.Default.LabelSelector) as JsonObject);
    }

    /// <param name="Why">In Kubernetes' words.</param>
    public sealed record Unavailable(string Why) : ScaleTarget;
}

/// <summary>The types of metrics (autoscaling/v2 MetricSourceType).</summary>
internal static class MetricTypes
{
    public const string Resource = "Resource";
    public const string ContainerResource = "ContainerResource";
    public const string Pods = "Pods";
    public const string Object = "Object";
    public const string External = "External";
}
