namespace Edge.Server.Schedule.Demand;

/// <summary>What the scheduler reads in one stored pod.</summary>
internal sealed class PodFacts
{
    public required string Key { get; init; }
    public required long Revision { get; init; }
    public required string Name { get; init; }
    public required string Uid { get; init; }

    /// <summary>Counts the changes of its spec.</summary>
    public required long Generation { get; init; }
    public required PodDemand Demand { get; init; }

    /// <summary>Null before it is bound.</summary>
    public required string? Node { get; init; }

    /// <summary>The node that is being made free for it, or null.</summary>
    public required string? NominatedNode { get; init; }

    /// <summary>Succeeded or Failed: the object is there, but takes nothing of its node.</summary>
    public required bool IsFinished { get; init; }
    public required bool IsTerminating { get; init; }

    /// <summary>It is terminating because this scheduler made it leave.</summary>
    public required bool IsPreempted { get; init; }

    /// <summary>When its node took it, in seconds since 1970; 0 when it did not yet.</summary>
    public required long Started { get; init; }

    /// <summary>Ours to place: no node yet, wanted, not held back, and not another scheduler's.</summary>
    public required bool IsOurs { get; init; }

    /// <summary>The devices that it was given with its node; empty for nearly every pod.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    public string Namespace => Demand.Namespace;
}
