namespace Edge.Proto.Sync;

/// <summary>
/// The rules whose breach the simulation must notice. Only a test ever takes another value than
/// <see cref="Right"/>: it shows that the properties can fail.
/// </summary>
internal sealed record ReaderRules
{
    public static ReaderRules Right { get; } = new();

    public bool ChecksDigest { get; init; } = true;

    /// <summary>A writer's place is adopted only with an equal digest.</summary>
    public bool ChecksPlace { get; init; } = true;

    public bool AcknowledgesAfterCommit { get; init; } = true;
}
