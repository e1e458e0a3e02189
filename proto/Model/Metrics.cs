using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>What an autoscaler looks at; the field of its type is set (autoscaling/v2 MetricSpec).</summary>
public sealed record MetricSpec
{
    /// <summary><c>Resource</c>, <c>ContainerResource</c>, <c>Pods</c>, <c>Object</c> or <c>External</c>.</summary>
    public string Type { get => field ?? ""; init; }
    public ResourceMetricSource? Resource { get; init; }
    public ContainerResourceMetricSource? ContainerResource { get; init; }
    public JsonElement? Pods { get; init; }
    public JsonElement? Object { get; init; }
    public JsonElement? External { get; init; }
}

/// <summary>A resource that the pods use (autoscaling/v2 ResourceMetricSource).</summary>
public sealed record ResourceMetricSource
{
    public string Name { get => field ?? ""; init; }
    public MetricTarget Target { get => field ??= new(); init; }
}

/// <summary>A resource that one container of the pods uses (autoscaling/v2 ContainerResourceMetricSource).</summary>
public sealed record ContainerResourceMetricSource
{
    public string Name { get => field ?? ""; init; }
    public string Container { get => field ?? ""; init; }
    public MetricTarget Target { get => field ??= new(); init; }
}

/// <summary>What a metric should be; the field of its type is set (autoscaling/v2 MetricTarget).</summary>
public sealed record MetricTarget
{
    /// <summary><c>Utilization</c>, <c>Value</c> or <c>AverageValue</c>.</summary>
    public string Type { get => field ?? ""; init; }
    public Quantity? Value { get; init; }
    public Quantity? AverageValue { get; init; }

    /// <summary>Percent of what the pods request.</summary>
    public int? AverageUtilization { get; init; }
}

/// <summary>What was measured (autoscaling/v2 MetricStatus).</summary>
public sealed record MetricStatus
{
    public string Type { get => field ?? ""; init; }
    public ResourceMetricStatus? Resource { get; init; }
    public ContainerResourceMetricStatus? ContainerResource { get; init; }
    public JsonElement? Pods { get; init; }
    public JsonElement? Object { get; init; }
    public JsonElement? External { get; init; }
}

/// <summary>What the pods use of a resource (autoscaling/v2 ResourceMetricStatus).</summary>
public sealed record ResourceMetricStatus
{
    public string Name { get => field ?? ""; init; }
    public MetricValueStatus Current { get => field ??= new(); init; }
}

/// <summary>What one container of the pods uses of a resource (autoscaling/v2 ContainerResourceMetricStatus).</summary>
public sealed record ContainerResourceMetricStatus
{
    public string Name { get => field ?? ""; init; }
    public string Container { get => field ?? ""; init; }
    public MetricValueStatus Current { get => field ??= new(); init; }
}

/// <summary>A value that was measured (autoscaling/v2 MetricValueStatus).</summary>
public sealed record MetricValueStatus
{
    public Quantity? Value { get; init; }
    public Quantity? AverageValue { get; init; }

    /// <summary>Percent of what the pods request.</summary>
    public int? AverageUtilization { get; init; }
}
