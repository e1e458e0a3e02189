namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves out nodes whose free resources do not hold the pod; names every resource that is short.</summary>
internal static class Fit
{
    public static IReadOnlyList<string> Reasons(PodDemand pod, NodeView node)
    {
        List<string>? reasons = null;
        if (node.Pods + 1 > node.PodsMax)
        {
            (reasons ??= []).Add("Too many pods");
        }

        Check("cpu", pod.Requests.MilliCpu, node.Requested.MilliCpu, node.Allocatable.MilliCpu, ref reasons);
        Check("memory", pod.Requests.Memory, node.Requested.Memory, node.Allocatable.Memory, ref reasons);
        Check("ephemeral-storage", pod.Requests.EphemeralStorage, node.Requested.EphemeralStorage,
            node.Allocatable.EphemeralStorage, ref reasons);
        foreach (var (name, wanted) in pod.Requests.Extended)
        {
            Check(name, wanted, node.Requested.Extended.GetValueOrDefault(name),
                node.Allocatable.Extended.GetValueOrDefault(name), ref reasons);
        }

        return reasons ?? (IReadOnlyList<string>)[];
    }

    /// <summary>A pod that asks for nothing of a resource fits even where it is overdrawn.</summary>
    private static void Check(string name, long wanted, long taken, long offered, ref List<string>? reasons)
    {
        if (wanted > 0 && wanted > offered - taken)
        {
            (reasons ??= []).Add($"Insufficient {name}");
        }
    }
}
