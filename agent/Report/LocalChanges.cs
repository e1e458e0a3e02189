namespace Edge.Agent.Report;

/// <summary>What of this node is not the server's word, for the Node's condition <c>LocalChanges</c>.</summary>
internal sealed record LocalChanges
{
    public const string ConditionType = "LocalChanges";

    public static LocalChanges None { get; } = new();

    /// <summary>Something runs, or does not, that the server has not decided.</summary>
    public bool Differs { get; init; }

    /// <summary>What, and what was done on site last; null on a node where nobody ever did anything.</summary>
    public string? Message { get; init; }

    public int Pods { get; init; }

    /// <summary>What those pods ask for, which no scheduler may give away again.</summary>
    public long CpuMillis { get; init; }

    public long MemoryBytes { get; init; }
}
