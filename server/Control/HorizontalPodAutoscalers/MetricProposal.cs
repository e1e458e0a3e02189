using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>What one metric says.</summary>
/// <param name="Replicas">How many replicas it asks for.</param>
/// <param name="Name">What it is called in a message.</param>
/// <param name="Status">What was measured; of a metric that failed empty, so that the others keep their place.</param>
/// <param name="Fault">Why it says nothing, or null.</param>
internal sealed record MetricProposal(int Replicas, string Name, MetricStatus Status, MetricFault? Fault)
{
    public static MetricProposal Failed(MetricFault fault) => new(0, "", new MetricStatus(), fault);

    /// <summary>Asks one metric for its number of replicas. Pure.</summary>
    public static MetricProposal Of(AutoscalerState state, MetricSpec metric, int current, DateTimeOffset now) =>
        metric switch
        {
            { Type: MetricTypes.Resource, Resource: { } spec } =>
                OfResource(state, spec.Name, null, spec.Target, current, now),
            { Type: MetricTypes.ContainerResource, ContainerResource: { } spec } =>
                OfResource(state, spec.Name, spec.Container, spec.Target, current, now),
            _ => Failed(UnservedMetrics.FaultOf(metric, state.Autoscaler.Metadata.Namespace ?? "")),
        };

    private static MetricProposal OfResource(
        AutoscalerState state, string resource, string? container, MetricTarget target, int current,
        DateTimeOffset now)
    {
        MetricProposal Fail(string why, string? prefix = null) => Failed(MetricFault.OfResource(
            resource, container, prefix is null ? why : $"failed to get {resource} {prefix}: {why}"));

        if (target is { AverageValue: null, AverageUtilization: null })
        {
            return Fail("invalid resource metric source: neither an average utilization target nor an average value "
                + "(usage) target was set");
        }

        var what = target.AverageValue is null ? "utilization" : "usage";
        var (values, missing) = MetricValues.Of(state, container, resource);
        if (missing is not null)
        {
            return Fail($"unable to get metrics for resource {resource}: {missing}", what);
        }

        if (state.Pods.Count == 0)
        {
            return Fail("no pods returned by selector while calculating replica count", what);
        }

        var groups = PodGroups.Of(state.Pods, values, resource, now);
        if (groups.Values.Count == 0)
        {
            return Fail("did not receive metrics for targeted pods (pods might be unready)", what);
        }

        var tolerance = ToleranceOf(state.Autoscaler.Spec.Behavior);
        if (target.AverageValue is { } amount)
        {
            var (replicas, usage) = ReplicaCalculator.Replicas(
                groups, current, tolerance, used => ReplicaCalculator.ByAmount(used, amount.MilliValue),
                _ => amount.MilliValue);
            return Measured(replicas, $"{resource} resource", resource, container, usage);
        }

        var percent = target.AverageUtilization!.Value;
        var (requests, fault) = PodRequests.Of(state.Pods, container, resource);
        if (fault is not null)
        {
            return Fail(fault, what);
        }

        if (ReplicaCalculator.ByUtilization(groups.Values, requests, percent) is null)
        {
            return Fail("no metrics returned matched known pods", what);
        }

        // A pod of which nothing is known uses all that it requests, or its target where that is more.
        var (wanted, share) = ReplicaCalculator.Replicas(
            groups, current, tolerance, used => ReplicaCalculator.ByUtilization(used, requests, percent)!.Value,
            pod => requests[pod] * Math.Max(100, percent) / 100);
        var name = container is null ? "resource" : "container resource";
        return Measured(
            wanted, $"{resource} {name} utilization (percentage of request)", resource, container, share);
    }

    private static MetricProposal Measured(
        int replicas, string name, string resource, string? container, UsageRatio usage)
    {
        var value = new MetricValueStatus
        {
            AverageUtilization = usage.Percent, AverageValue = Quantity.FromMilli(usage.AverageMilli),
        };
        return new MetricProposal(replicas, name, container is null
            ? new MetricStatus
            {
                Type = MetricTypes.Resource,
                Resource = new ResourceMetricStatus { Name = resource, Current = value },
            }
            : new MetricStatus
            {
                Type = MetricTypes.ContainerResource,
                ContainerResource = new ContainerResourceMetricStatus
                {
                    Name = resource, Container = container, Current = value,
                },
            }, Fault: null);
    }

    private static Tolerance ToleranceOf(HorizontalPodAutoscalerBehavior? behavior) =>
        new(ToleranceOf(behavior?.ScaleUp), ToleranceOf(behavior?.ScaleDown));

    private static double ToleranceOf(HpaScalingRules? rules) => rules?.Tolerance is { } given
        ? double.Parse(given.Value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : Tolerance.Default;
}

/// <summary>Why a metric says nothing.</summary>
/// <param name="Reason">Of the condition and of the event.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Summary">The same within the list of all that is wrong.</param>
internal sealed record MetricFault(string Reason, string Message, string Summary)
{
    public static MetricFault OfResource(string resource, string? container, string message) => container is null
        ? new("FailedGetResourceMetric", message, $"failed to get {resource} resource metric value: {message}")
        : new(
            "FailedGetContainerResourceMetric", message,
            $"failed to get {container} container metric value: {message}");
}
