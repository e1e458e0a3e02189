using Edge.Agent.Reconcile;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>One container of a machine and the process in it.</summary>
internal sealed class SimContainer
{
    public required string Id { get; init; }

    public required string Uid { get; init; }

    public required string PodName { get; init; }

    public required string Name { get; init; }

    public required int Attempt { get; init; }

    public required string SpecHash { get; init; }

    /// <summary>World time.</summary>
    public required long Made { get; init; }

    public SeenState State { get; set; }

    public int? ExitCode { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public bool IsRunning => State == SeenState.Running;

    public SeenContainer Seen() => new()
    {
        Id = Id,
        Name = Name,
        Attempt = Attempt,
        SpecHash = SpecHash,
        State = State,
        ExitCode = State == SeenState.Exited ? ExitCode : null,
        StartedAt = StartedAt,
        FinishedAt = FinishedAt,
    };
}
