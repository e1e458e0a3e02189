using Edge.Proto.Model;
using Edge.Server.Control.HorizontalPodAutoscalers;

namespace Edge.Tests.Server.Control.HorizontalPodAutoscalers;

/// <summary>
/// A target whose pods share a load, and its autoscaler: half of the 100m of cpu that each pod requests, between 1 and
/// 10 pods. Pods are ready at once and have been so for an hour.
/// </summary>
internal sealed class Autoscaled
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan s_step = HorizontalPodAutoscalersController.Interval;

    public DateTimeOffset Now { get; private set; } = Start;

    public int Replicas { get; set; } = 2;

    /// <summary>Of all pods together, in thousandths of a core.</summary>
    public long LoadMilli { get; set; }

    public int Min { get; init; } = 1;

    public int Max { get; init; } = 10;

    public HorizontalPodAutoscalerBehavior? Behavior { get; init; }

    public AutoscalerMemory? Memory { get; set; }

    public HorizontalPodAutoscalerStatus? Status { get; private set; }

    /// <summary>The condition's reason.</summary>
    public string? Reason(string type) =>
        Status?.Conditions?.FirstOrDefault(condition => condition.Type == type)?.Reason;

    /// <summary>One look, and the time until the next one.</summary>
    public AutoscalerPlan Look()
    {
        var plan = AutoscalerPlan.Of(State(), Memory, Now);
        (Memory, Status, Replicas) = (plan.Memory, plan.Status, plan.Rescale ?? Replicas);
        Now += s_step;
        return plan;
    }

    /// <summary>The sizes after each of the looks within the time.</summary>
    public List<int> LookFor(TimeSpan time)
    {
        var sizes = new List<int>();
        for (var until = Now + time; Now < until;)
        {
            Look();
            sizes.Add(Replicas);
        }

        return sizes;
    }

    private AutoscalerState State()
    {
        var autoscaler = new HorizontalPodAutoscaler
        {
            Metadata = new ObjectMeta { Namespace = "default", Name = "web" },
            Spec = new HorizontalPodAutoscalerSpec
            {
                MinReplicas = Min, MaxReplicas = Max, Behavior = Behavior,
                Metrics =
                [
                    new MetricSpec
                    {
                        Type = MetricTypes.Resource,
                        Resource = new ResourceMetricSource
                        {
                            Name = "cpu", Target = new MetricTarget { Type = "Utilization", AverageUtilization = 50 },
                        },
                    },
                ],
            },
            Status = Status,
        };
        var pods = Enumerable.Range(0, Replicas).Select(Pod).ToList();
        var state = new AutoscalerState(autoscaler, new ScaleTarget.Found("Deployment", "u", Replicas, null), pods, []);
        return state.With(
        [
            new NodeUsage
            {
                Timestamp = Now,
                Pods =
                [
                    .. pods.Select(pod => new PodUsage
                    {
                        Uid = pod.Metadata.Uid!, Namespace = "default", Name = pod.Metadata.Name!,
                        WindowMilliseconds = 15_000,
                        Containers = new Dictionary<string, ResourceUsage>
                        {
                            ["main"] = new() { CpuNanocores = LoadMilli * 1_000_000 / Math.Max(1, Replicas) },
                        },
                    }),
                ],
            },
        ]);
    }

    private static Pod Pod(int number) => new()
    {
        Metadata = new ObjectMeta { Namespace = "default", Name = $"web-{number}", Uid = $"uid-{number}" },
        Spec = new PodSpec
        {
            Containers =
            [
                new Container
                {
                    Name = "main",
                    Resources = new ResourceRequirements
                    {
                        Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMilli(100) },
                    },
                },
            ],
        },
        Status = new PodStatus
        {
            Phase = "Running", StartTime = Start.AddHours(-1),
            Conditions =
                [new Condition { Type = "Ready", Status = "True", LastTransitionTime = Start.AddHours(-1) }],
        },
    };
}
