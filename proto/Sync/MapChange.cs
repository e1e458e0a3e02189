namespace Edge.Proto.Sync;

/// <summary>
/// What a reader wants committed, at once and as a whole. With <c>Snapshot</c> the upserts are all there is:
/// the reader had nothing before.
/// </summary>
public sealed record MapChange(IReadOnlyList<MapEntry> Upserts, IReadOnlyList<string> Removals, bool Snapshot)
{
    internal Standing Result { get; init; }
}
