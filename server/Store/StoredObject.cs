namespace Edge.Server.Store;

/// <summary>
/// One stored object. <paramref name="Value"/> is UTF-8 JSON without resourceVersion and is never changed in place;
/// <paramref name="Revision"/> is what the API shows as resourceVersion.
/// </summary>
internal readonly record struct StoredObject(string Key, long Revision, ReadOnlyMemory<byte> Value);
