namespace Edge.Proto.Link;

/// <summary>What a stream is opened for: a kind both ends know (such as <c>logs</c>) and its arguments.</summary>
public sealed record StreamRequest(string Kind, ReadOnlyMemory<byte> Payload);
