using Edge.Proto.Model;

namespace Edge.Server.Control.Jobs;

/// <summary>What a failed pod means for its Job.</summary>
/// <param name="Counts">It counts as a failure.</param>
/// <param name="FailsIndex">Its index has failed, whatever the limit.</param>
/// <param name="FailsJob">Why the whole Job fails, or null.</param>
internal readonly record struct FailureVerdict(bool Counts, bool FailsIndex = false, string? FailsJob = null);

/// <summary>Judges failed pods (batch/v1 podFailurePolicy, KEP 3329): the first rule that matches decides.</summary>
internal static class FailurePolicy
{
    public static FailureVerdict Judge(PodFailurePolicy? policy, Pod? pod)
    {
        if (policy is null || pod is null)
        {
            return new FailureVerdict(Counts: true);
        }

        for (var at = 0; at < policy.Rules.Count; at++)
        {
            if (Match(policy.Rules[at], pod) is { } how)
            {
                var action = policy.Rules[at].Action;
                return new FailureVerdict(
                    action != "Ignore", action == "FailIndex",
                    action == "FailJob" ? $"{how} matching FailJob rule at index {at}" : null);
            }
        }

        return new FailureVerdict(Counts: true);
    }

    private static string? Match(PodFailurePolicyRule rule, Pod pod)
    {
        var name = $"{pod.Metadata.Namespace}/{pod.Metadata.Name}";
        if (rule.OnExitCodes is { } codes)
        {
            var containers = (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []);
            return containers.FirstOrDefault(container => Exits(codes, container)) is { } exited
                ? $"Container {exited.Name} for pod {name} failed with exit code "
                    + exited.State!.Terminated!.ExitCode
                : null;
        }

        var conditions = pod.Status?.Conditions ?? [];
        return (rule.OnPodConditions ?? []).FirstOrDefault(pattern => conditions.Any(
            condition => condition.Type == pattern.Type && condition.Status == pattern.Status)) is { } matched
            ? $"Pod {name} has condition {matched.Type}"
            : null;
    }

    /// <summary>A container that succeeded never matches.</summary>
    private static bool Exits(PodFailurePolicyOnExitCodesRequirement codes, ContainerStatus container) =>
        (codes.ContainerName is null || codes.ContainerName == container.Name)
        && container.State?.Terminated is { ExitCode: not 0 and var code }
        && codes.Values.Contains(code) == (codes.Operator == "In");
}
