namespace Edge.Proto.Model;

/// <summary>
/// What a node and its pods use now: the answer to a stream of kind <see cref="StreamKind"/>, whose request has no
/// payload. It is one JSON object, at most <see cref="BytesMax"/> long.
/// </summary>
public sealed record NodeUsage
{
    public const string StreamKind = "usage";

    /// <summary>A node of 500 pods with four containers each says less than 300 KiB.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>
    /// When it was measured, by the server's clock. A device's clock may be wrong, so a node only says how long ago.
    /// </summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>How long before it was sent it was measured, in milliseconds.</summary>
    public long AgeMilliseconds { get; init; }

    /// <summary>The time that the processor's use was counted over, in milliseconds.</summary>
    public long WindowMilliseconds { get; init; }

    /// <summary>Of the whole machine.</summary>
    public ResourceUsage Total { get => field ??= new(); init; }

    public IReadOnlyList<PodUsage>? Pods { get; init; }

    /// <summary>What the agent and its pods have spent; null from an agent that does not count it.</summary>
    public NodeBudgets? Budgets { get; init; }
}

/// <summary>What one pod's containers use.</summary>
public sealed record PodUsage
{
    public string Uid { get => field ?? ""; init; }
    public string Namespace { get => field ?? ""; init; }
    public string Name { get => field ?? ""; init; }

    /// <summary>The time that the processor's use was counted over, in milliseconds.</summary>
    public long WindowMilliseconds { get; init; }

    /// <summary>By container, those that run.</summary>
    public IReadOnlyDictionary<string, ResourceUsage>? Containers { get; init; }
}

/// <summary>Processor and memory in use.</summary>
public sealed record ResourceUsage
{
    /// <summary>Thousand-millionths of a core, the mean over the window.</summary>
    public long CpuNanocores { get; init; }

    /// <summary>The working set: what is used, without file pages that nobody looked at lately.</summary>
    public long MemoryBytes { get; init; }
}
