using Edge.Agent.Reconcile;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>One container of the simulated node and what its process is going to do.</summary>
internal sealed class SimContainer
{
    public required string Id { get; init; }

    public required string Uid { get; init; }

    public required string Name { get; init; }

    public required int Attempt { get; init; }

    public required string SpecHash { get; init; }

    /// <summary>The sandbox its process began in; a reboot takes the sandbox and with it this number.</summary>
    public int Sandbox { get; set; }

    public SeenState State { get; set; }

    public int? ExitCode { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>When the process ends by itself; null while it serves.</summary>
    public DateTimeOffset? EndsAt { get; set; }

    public int EndCode { get; set; }

    /// <summary>Somebody asked it to end.</summary>
    public bool Asked { get; set; }

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
