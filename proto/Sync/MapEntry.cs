namespace Edge.Proto.Sync;

/// <summary>
/// One key of a replicated map and its bytes. The bytes are never changed after they are handed over.
/// </summary>
public sealed record MapEntry(string Key, ReadOnlyMemory<byte> Value);
