using Edge.Agent.Devices;
using Edge.Agent.Ledger;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>Everything a decision about one pod is made from; a snapshot.</summary>
internal sealed record PodView
{
    public required string Uid { get; init; }

    /// <summary>
    /// The pod as desired; null when it vanished from desired (force delete, or already reported removed).
    /// </summary>
    public Pod? Pod { get; init; }

    public required PodRecord Record { get; init; }

    public PodMemory Memory { get; init; } = PodMemory.Empty;

    /// <summary>The node has a sandbox under this uid, whole or half made.</summary>
    public bool SandboxListed { get; init; }

    public IReadOnlyList<SeenContainer> Containers { get; init; } = [];

    /// <summary>What the probes say, by container; a container without an entry has none running.</summary>
    public IReadOnlyDictionary<string, ProbeVerdict> Probes { get; init; } = new Dictionary<string, ProbeVerdict>();

    /// <summary>What the pod's volumes should hold, as one hash; null when an object they need is missing.</summary>
    public string? VolumeDigest { get; init; } = "";

    /// <summary>
    /// For how long the pod's lease has been over; null while it has one, or needs none. Once its grace is over too the
    /// server may have given it to another node, and nothing of it may run here until the server has spoken.
    /// </summary>
    public TimeSpan? FencedFor { get; init; }

    /// <summary>The devices that its containers were given, and how they are.</summary>
    public IReadOnlyList<HeldDevice> Devices { get; init; } = [];

    /// <summary>The server hears this node, so what ends here can be made again elsewhere.</summary>
    public bool HasServer { get; init; }

    public bool Fenced => FencedFor is not null;

    /// <summary>
    /// Why this agent will not start the pod: a field it does not know. Null when it understands all of it.
    /// </summary>
    public string? Refused { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The container of the current attempt, or null.</summary>
    public SeenContainer? Current(string container)
    {
        var attempt = Record.Of(container).Attempt;
        foreach (var seen in Containers)
        {
            if (seen.Name == container && seen.Attempt == attempt)
            {
                return seen;
            }
        }

        return null;
    }

    public bool IsRunning(string container) => Current(container) is { State: SeenState.Running };

    public ProbeVerdict Verdict(string container) => Probes.GetValueOrDefault(container) ?? ProbeVerdict.None;
}

internal enum SeenState
{
    /// <summary>It exists and has no process: not started yet, or its process was lost.</summary>
    Created,
    Running,
    Exited,
}

/// <summary>One container of the pod as the runtime has it.</summary>
internal sealed record SeenContainer
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public int Attempt { get; init; }
    public string SpecHash { get; init; } = "";
    public SeenState State { get; init; }

    /// <summary>The number of the signal that asks it to end.</summary>
    public int StopSignal { get; init; } = Runtime.StopSignal.Default;

    /// <summary>Null when nobody can know: a reboot took the process.</summary>
    public int? ExitCode { get; init; }
    public bool OomKilled { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>What the container left in its termination message file.</summary>
    public string? TerminationMessage { get; init; }
}

/// <summary>
/// What the probes of one running container say now. Null means that no probe has decided yet, or that there is none.
/// </summary>
internal sealed record ProbeVerdict(bool? Ready = null, bool? StartupDone = null, ProbeFailure? Failure = null)
{
    public static ProbeVerdict None { get; } = new();
}

/// <summary>A liveness or start-up probe that failed often enough to stop the container.</summary>
internal sealed record ProbeFailure(string Kind, string Message, long? GraceSeconds = null);
