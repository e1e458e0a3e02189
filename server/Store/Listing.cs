namespace Edge.Server.Store;

/// <summary>The objects of a prefix in key order, all of one moment; a watch goes on from its revision.</summary>
internal sealed record Listing(long Revision, IReadOnlyList<StoredObject> Items);
