using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Status;

/// <summary>A pod's status, field for field as the kubelet writes it. Pure.</summary>
internal static class PodStatusPlan
{
    public static PodStatus For(PodView view, string hostIp)
    {
        var pod = view.Pod!;
        var inits = (pod.Spec.InitContainers ?? []).Select(init => ContainerStatusPlan.For(view, init)).ToList();
        var containers = pod.Spec.Containers.Select(container => ContainerStatusPlan.For(view, container)).ToList();
        var looking = (pod.Spec.EphemeralContainers ?? [])
            .Select(added => ContainerStatusPlan.For(view, added)).ToList();
        // Who hears of the end takes what the pod had for free: nothing of it may run then.
        var isOver = !view.Containers.Any(seen => seen.State == SeenState.Running);
        var phase = isOver && view.Record.TerminalPhase is { } end ? end
            : NotOver(PodPhasePlan.For(pod, inits, containers), containers);
        var podIp = pod.Spec.HostNetwork == true ? hostIp : view.Record.PodIp;
        return new PodStatus
        {
            Phase = phase,
            Reason = view.Record.Reason,
            Message = view.Record.Message,
            Conditions = ConditionPlan.For(view, phase, inits, containers),
            HostIP = hostIp,
            HostIPs = [new IpAddress { Ip = hostIp }],
            PodIP = podIp,
            PodIPs = podIp is null ? null : [new IpAddress { Ip = podIp }],
            StartTime = view.Record.StartTime,
            InitContainerStatuses = inits.Count > 0 ? inits : null,
            ContainerStatuses = containers,
            EphemeralContainerStatuses = looking.Count > 0 ? looking : null,
            QosClass = QosOf(pod),
            ObservedGeneration = pod.Metadata.Generation,
        };
    }

    /// <summary>
    /// An end is reported once it is recorded and not before: until then a changed image may still begin the pod again.
    /// </summary>
    private static string NotOver(string phase, IReadOnlyList<ContainerStatus> containers) =>
        phase is not ("Succeeded" or "Failed") ? phase
        : containers.Any(status => status.State?.Waiting is null) ? "Running" : "Pending";

    /// <summary>
    /// Guaranteed when every container's limits are set and equal its requests, BestEffort when nothing is.
    /// </summary>
    public static string QosOf(Pod pod)
    {
        var guaranteed = true;
        var any = false;
        foreach (var container in PodShape.Lasting(pod))
        {
            foreach (var resource in (string[])["cpu", "memory"])
            {
                var limit = Amount(container.Resources?.Limits, resource);
                var request = Amount(container.Resources?.Requests, resource) ?? limit;
                any |= limit is > 0 || request is > 0;
                guaranteed &= limit is > 0 && request == limit;
            }
        }

        return guaranteed ? "Guaranteed" : any ? "Burstable" : "BestEffort";
    }

    private static decimal? Amount(IReadOnlyDictionary<string, Quantity>? amounts, string resource) =>
        amounts is not null && amounts.TryGetValue(resource, out var amount) ? amount.Value : null;
}
