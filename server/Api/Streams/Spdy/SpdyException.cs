namespace Edge.Server.Api.Streams.Spdy;

/// <summary>What came is not SPDY/3.1, or more of it than is taken; the connection ends.</summary>
internal sealed class SpdyException(string message, Exception? inner = null) : IOException(message, inner);
