namespace Edge.Proto.Model;

/// <summary>
/// What a node has spent since its agent began: bytes on the link and bytes to its disk, by feature. It comes with
/// <see cref="NodeUsage"/> while somebody asks, and under the reported key <c>budgets</c> once a day.
/// </summary>
public sealed record NodeBudgets
{
    /// <summary>A node has some ten of them.</summary>
    public const int ItemsMax = 32;

    /// <summary>How long the agent counted, by its own clock that never steps.</summary>
    public long Seconds { get; init; }

    public IReadOnlyList<SpentBytes>? Items { get; init; }
}

/// <summary>Bytes that went one way for one feature.</summary>
public sealed record SpentBytes
{
    /// <summary>Over the link to the server: payloads of MQTT, as they are sent.</summary>
    public const string Sent = "sent";

    /// <summary>Over the link from the server.</summary>
    public const string Received = "received";

    /// <summary>From registries, compressed.</summary>
    public const string Fetched = "fetched";

    /// <summary>To the node's disk.</summary>
    public const string Written = "written";

    public static readonly IReadOnlyList<string> Ways = [Sent, Received, Fetched, Written];

    public string Way { get => field ?? ""; init; }

    /// <summary>A lower-case word, such as <c>ledger</c>.</summary>
    public string Feature { get => field ?? ""; init; }

    public long Bytes { get; init; }
}
