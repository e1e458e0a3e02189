namespace Edge.Agent.Enrolment;

/// <summary>What to do about where the broker is.</summary>
internal enum BrokerStep
{
    None,

    /// <summary>The next one takes the place of the present one, which the cluster has left.</summary>
    Promote,

    /// <summary>The cluster is back at the present one.</summary>
    DropNext,

    /// <summary>Connect anew, so that the next one has its turn.</summary>
    TryNext,

    /// <summary>Ask the API.</summary>
    Ask,
}

/// <summary>
/// How a node comes to know another broker, by what it knows and what a welcome names (<c>BrokerPrint</c>). Pure.
/// <code>
///  present ──welcome names another, or no broker answers for long: API──▶ present + next ──welcome by next──▶ present'
/// </code>
/// </summary>
internal static class BrokerPlan
{
    /// <param name="present">Of the broker that the node keeps.</param>
    /// <param name="next">Of the one that it keeps beside it; 0 without one.</param>
    /// <param name="dialled">Of the one by which the session was opened.</param>
    /// <param name="named">By the welcome; 0 of a server that does not say it.</param>
    public static BrokerStep Opened(ulong present, ulong next, ulong dialled, ulong named) =>
        named == 0 ? (dialled == next && next != 0 ? BrokerStep.Promote : BrokerStep.None)
        : named == present ? (next == 0 ? BrokerStep.None : BrokerStep.DropNext)
        : named != next ? BrokerStep.Ask
        : dialled == next ? BrokerStep.Promote
        : BrokerStep.TryNext;
}
