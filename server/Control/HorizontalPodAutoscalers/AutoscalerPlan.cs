using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>Something to be told about an autoscaler.</summary>
internal sealed record AutoscalerNote(string Type, string Reason, string Message);

/// <summary>What is to be done about an autoscaler (autoscaling/v2).</summary>
/// <param name="Rescale">The size that the target is to have, or null where it keeps its own.</param>
/// <param name="Status">The status when that is done.</param>
/// <param name="Notes">What is to be told when that is done.</param>
/// <param name="Memory">What is to be remembered when that is done; null where the target has no size.</param>
internal sealed record AutoscalerPlan(
    int? Rescale, HorizontalPodAutoscalerStatus Status, IReadOnlyList<AutoscalerNote> Notes, AutoscalerMemory? Memory)
{
    public static AutoscalerPlan Of(AutoscalerState state, AutoscalerMemory? memory, DateTimeOffset now)
    {
        var draft = new Draft(state, now);
        switch (state.Target)
        {
            case ScaleTarget.Found target:
                return draft.Of(target, memory ?? AutoscalerMemory.New(target.Replicas, now));
            case ScaleTarget.Unavailable gone:
                draft.Warn("FailedGetScale", gone.Why);
                draft.Conditions.Set(
                    AutoscalerConditions.AbleToScale, false, "FailedGetScale",
                    $"the HPA controller was unable to get the target's current scale: {gone.Why}");
                return new AutoscalerPlan(null, draft.Before with { Conditions = draft.Conditions.All }, draft.Notes,
                    memory);
            default:
                throw new InvalidOperationException($"unknown target {state.Target}");
        }
    }

    /// <summary>A plan while it is made.</summary>
    private sealed class Draft(AutoscalerState state, DateTimeOffset now)
    {
        public HorizontalPodAutoscalerStatus Before { get; } = state.Autoscaler.Status ?? new();

        public AutoscalerConditions Conditions { get; } = new(state.Autoscaler.Status?.Conditions, now);

        public List<AutoscalerNote> Notes { get; } = [];

        public void Warn(string reason, string message) => Notes.Add(new(EventNote.Warning, reason, message));

        public AutoscalerPlan Of(ScaleTarget.Found target, AutoscalerMemory memory)
        {
            var current = target.Replicas;
            Conditions.Set(
                AutoscalerConditions.AbleToScale, true, "SucceededGetScale",
                "the HPA controller was able to get the target's current scale");
            if (current == 0 && state.Min != 0)
            {
                Conditions.Set(
                    AutoscalerConditions.ScalingActive, false, "ScalingDisabled",
                    "scaling is disabled since the replica count of the target is zero");
                return Keep(current, [], memory);
            }

            if (current > state.Max)
            {
                return Rescaled(
                    current, state.Max, "Current number of replicas above Spec.MaxReplicas", [], memory);
            }

            return current < state.Min
                ? Rescaled(current, state.Min, "Current number of replicas below Spec.MinReplicas", [], memory)
                : ByMetrics(target, memory);
        }

        private AutoscalerPlan ByMetrics(ScaleTarget.Found target, AutoscalerMemory memory)
        {
            var current = target.Replicas;
            if (state.Rivals.Count > 1)
            {
                var message = $"pods by selector {target.SelectorText} are controlled by multiple HPAs: "
                    + $"[{string.Join(' ', state.Rivals)}]";
                Warn("AmbiguousSelector", message);
                Conditions.Set(AutoscalerConditions.ScalingActive, false, "AmbiguousSelector", message);
                return Fail(current, [], message, memory);
            }

            var proposals = state.Metrics.Select(metric => MetricProposal.Of(state, metric, current, now)).ToList();
            var statuses = proposals.Select(proposal => proposal.Status).ToList();
            var faults = proposals.Select(proposal => proposal.Fault).OfType<MetricFault>().ToList();
            faults.ForEach(fault => Warn(fault.Reason, fault.Message));
            var problem = faults.Count == 0
                ? null
                : $"invalid metrics ({faults.Count} invalid out of {proposals.Count}), first error is: "
                    + faults[0].Summary;

            // The metric that asks for most decides. One that is not known might have asked for more, so that without
            // it nothing shrinks.
            var most = proposals.Where(proposal => proposal.Fault is null).MaxBy(proposal => proposal.Replicas);
            if (most is null || (problem is not null && most.Replicas < current))
            {
                Conditions.Set(
                    AutoscalerConditions.ScalingActive, false, faults[0].Reason,
                    $"the HPA was unable to compute the replica count: {faults[0].Message}");
                return Fail(current, statuses, problem!, memory);
            }

            Conditions.Set(
                AutoscalerConditions.ScalingActive, true, "ValidMetricFound",
                $"the HPA was able to successfully calculate a replica count from {most.Name}");
            var bounded = Stabilization.Of(state, current, most.Replicas, memory, now);
            Conditions.Set(AutoscalerConditions.AbleToScale, true, bounded.Able.Reason, bounded.Able.Message);
            Conditions.Set(
                AutoscalerConditions.ScalingLimited, bounded.IsLimited, bounded.Limited.Reason,
                bounded.Limited.Message);
            if (bounded.Replicas == current)
            {
                return Keep(current, statuses, bounded.Memory);
            }

            var reason = most.Replicas > current ? $"{most.Name} above target"
                : most.Replicas < current ? "All metrics below target"
                : "";
            return Rescaled(current, bounded.Replicas, reason, statuses, bounded.Memory);
        }

        private AutoscalerPlan Keep(int current, IReadOnlyList<MetricStatus> metrics, AutoscalerMemory memory) =>
            new(null, Status(current, current, metrics, Before.LastScaleTime), Notes, memory);

        private AutoscalerPlan Fail(
            int current, IReadOnlyList<MetricStatus> metrics, string problem, AutoscalerMemory memory)
        {
            Warn("FailedComputeMetricsReplicas", problem);
            return new(null, Status(current, Before.DesiredReplicas, metrics, Before.LastScaleTime), Notes, memory);
        }

        private AutoscalerPlan Rescaled(
            int current, int wanted, string reason, IReadOnlyList<MetricStatus> metrics, AutoscalerMemory memory)
        {
            Conditions.Set(
                AutoscalerConditions.AbleToScale, true, "SucceededRescale",
                $"the HPA controller was able to update the target scale to {wanted}");
            Notes.Add(new(EventNote.Normal, "SuccessfulRescale", $"New size: {wanted}; reason: {reason}"));
            var remembered = state.Autoscaler.Spec.Behavior is { } rules
                ? memory.Scaled(
                    current, wanted, ScalingRules.Up(rules.ScaleUp), ScalingRules.Down(rules.ScaleDown), now)
                : memory;
            return new(wanted, Status(current, wanted, metrics, now), Notes, remembered);
        }

        private HorizontalPodAutoscalerStatus Status(
            int current, int desired, IReadOnlyList<MetricStatus> metrics, DateTimeOffset? scaled) => new()
        {
            LastScaleTime = scaled,
            CurrentReplicas = current,
            DesiredReplicas = desired,
            CurrentMetrics = metrics.Count == 0 ? null : metrics,
            Conditions = Conditions.All,
        };
    }
}
