using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule;

/// <summary>Whether an event could let a pod be placed that was refused (kube-scheduler's queueing hints).</summary>
internal static class WakeHints
{
    /// <summary>Without a rejection there were no nodes at all.</summary>
    public static bool MayHelp(ClusterEvent change, PodDemand pod, RejectedBy rejectedBy)
    {
        if (rejectedBy == RejectedBy.None)
        {
            return change is ClusterEvent.NodeAdded;
        }

        foreach (var filter in NodeFilter.InOrder)
        {
            if ((rejectedBy & filter.Mark) != 0 && filter.MayHelp(pod, change))
            {
                return true;
            }
        }

        return false;
    }
}
