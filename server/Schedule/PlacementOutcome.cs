using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>Where a pod goes, or every reason why it goes nowhere.</summary>
internal abstract record PlacementOutcome
{
    private PlacementOutcome()
    {
    }

    /// <param name="Node">The chosen node's name.</param>
    /// <param name="Score">Its weighted score, for the log.</param>
    /// <param name="Devices">The devices for its containers; null when it asks for none.</param>
    internal sealed record Placed(string Node, long Score, PodDevices? Devices) : PlacementOutcome
    {
        /// <summary>Each device as often as it has a share of it.</summary>
        public IReadOnlyList<string> DeviceIds => Devices is null ? [] : [.. Devices.Ids];
    }

    /// <param name="Message">In kube-scheduler's words, for the Event and the PodScheduled condition.</param>
    /// <param name="By">The filters that rejected it.</param>
    /// <param name="Preemption">Whom to make leave for it, or null.</param>
    /// <param name="NominatedNode">The node that is being made free for it, or null.</param>
    internal sealed record Unplaceable(
        string Message, RejectedBy By, PreemptionPlan? Preemption, string? NominatedNode) : PlacementOutcome;
}
