using Edge.Proto.Model;

namespace Edge.Agent.Ledger;

/// <summary>
/// What the ledger knows of one pod's life, so that a restart of the agent or of the machine continues it. Committed
/// before its effect is reported.
/// </summary>
internal sealed record PodRecord
{
    private static readonly Dictionary<string, ContainerRecord> None = [];

    private readonly IReadOnlyDictionary<string, ContainerRecord>? _containers;
    private readonly IReadOnlyList<Condition>? _conditions;

    public required string Uid { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>When the agent first saw the pod; shown as <c>status.startTime</c>.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <summary>
    /// <c>Succeeded</c> or <c>Failed</c> once no container of the pod will run again, else null. Sticks.
    /// </summary>
    public string? TerminalPhase { get; init; }

    /// <summary>Why the pod ended as a whole, such as <c>DeadlineExceeded</c>.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    /// <summary>The grace with which the pod ends when it disappears from desired without a word, in seconds.</summary>
    public long GraceSeconds { get; init; }

    /// <summary>A sandbox was made and has not been removed; a reboot takes it away without telling.</summary>
    public bool SandboxUp { get; init; }

    public string? PodIp { get; init; }

    /// <summary>Everything of the pod is off the node; only the report of it is left.</summary>
    public bool Removed { get; init; }

    // Generated JSON code sets every init property, to null where an older agent did not write it.
    public IReadOnlyDictionary<string, ContainerRecord> Containers
    {
        get => _containers ?? None;
        init => _containers = value;
    }

    /// <summary>The conditions last reported, for their transition times.</summary>
    public IReadOnlyList<Condition> Conditions
    {
        get => _conditions ?? [];
        init => _conditions = value;
    }

    public ContainerRecord Of(string container) => Containers.GetValueOrDefault(container) ?? ContainerRecord.Empty;

    public PodRecord With(string container, ContainerRecord record) =>
        this with { Containers = new Dictionary<string, ContainerRecord>(Containers) { [container] = record } };
}

/// <summary>One container's life: which attempt is current and how the attempts before it ended.</summary>
internal sealed record ContainerRecord
{
    public static ContainerRecord Empty { get; } = new();

    /// <summary>The current attempt; part of the container's id, so that a repeated step finds its own work.</summary>
    public int Attempt { get; init; }

    /// <summary>The current attempt may have run: set before it is started.</summary>
    public bool Started { get; init; }

    /// <summary>What the current attempt was made from (image and resources); null before it is made.</summary>
    public string? SpecHash { get; init; }

    /// <summary>The image reference that <see cref="ImageDigest"/> was resolved from.</summary>
    public string? Image { get; init; }

    /// <summary>The digest of the image, usable without the registry whatever the pull policy says.</summary>
    public string? ImageDigest { get; init; }

    /// <summary>How the current attempt ended; null while it has not.</summary>
    public ContainerStateTerminated? Exit { get; init; }

    /// <summary>How the attempt before ended.</summary>
    public ContainerStateTerminated? LastExit { get; init; }

    public int RestartCount { get; init; }

    /// <summary>How many restarts in a row came too soon; decides the next back-off.</summary>
    public int BackoffLevel { get; init; }

    /// <summary>The readiness and start-up verdicts of the current attempt, kept over a restart of the agent.</summary>
    public bool Ready { get; init; }

    public bool StartupDone { get; init; }
}
