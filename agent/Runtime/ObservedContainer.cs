namespace Edge.Agent.Runtime;

/// <summary>The life of a container: Created → Running → Exited; never back.</summary>
internal enum RunState
{
    /// <summary>The container object is there and no process ever ran, as far as containerd knows.</summary>
    Created,
    Running,

    /// <summary>
    /// The process ended, or a reboot took it (then <see cref="ObservedContainer.ExitCode"/> is null).
    /// </summary>
    Exited,
}

/// <summary>One container as containerd sees it now.</summary>
internal sealed record ObservedContainer
{
    public required string Id { get; init; }

    public required RunState State { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The image name it was made from.</summary>
    public string Image { get; init; } = "";

    public string PodUid => Labels.GetValueOrDefault(ContainerLabels.PodUid, "");

    public string ContainerName => Labels.GetValueOrDefault(ContainerLabels.ContainerName, "");

    public string Devices => Labels.GetValueOrDefault(ContainerLabels.Devices, "");

    public string SpecHash => Labels.GetValueOrDefault(ContainerLabels.SpecHash, "");

    /// <summary>The number of the signal that asks it to end.</summary>
    public int StopSignal => Runtime.StopSignal.Number(Labels.GetValueOrDefault(ContainerLabels.StopSignal, ""));

    public int Attempt => int.TryParse(Labels.GetValueOrDefault(ContainerLabels.Attempt), out var n) ? n : 0;

    /// <summary>Zero when there is no process.</summary>
    public int Pid { get; init; }

    /// <summary>Null while running and when nobody can know (the machine was rebooted, the shim was killed).</summary>
    public int? ExitCode { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null when it never started, or when its state went with a reboot.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public bool OomKilled { get; init; }
}
