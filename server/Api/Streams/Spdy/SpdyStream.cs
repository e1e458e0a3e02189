namespace Edge.Server.Api.Streams.Spdy;

/// <summary>One stream that the client opened on a connection.</summary>
internal sealed class SpdyStream(uint id, IReadOnlyDictionary<string, string> headers)
{
    public uint Id { get; } = id;

    /// <summary>The client sends nothing more.</summary>
    public bool RemoteClosed { get; set; }

    /// <summary>
    /// Nothing more is sent to the client. Set within the connection's writing, and by its reader when the client gave
    /// the stream up: what is just being written then still goes out, and the client passes it over.
    /// </summary>
    public bool LocalClosed { get; set; }

    /// <summary>Empty when the header is not there.</summary>
    public string Header(string name) => headers.GetValueOrDefault(name, "");
}

/// <summary>What came on a connection.</summary>
internal enum SpdyEventKind
{
    /// <summary>The client opened the stream and waits for a reply.</summary>
    Opened,

    /// <summary>Bytes, the end of the client's side, or both.</summary>
    Data,

    /// <summary>The client gave the stream up.</summary>
    Reset,
}

/// <param name="Kind">What it is.</param>
/// <param name="Stream">The stream that it is about.</param>
/// <param name="Data">Valid until the next read.</param>
internal sealed record SpdyEvent(SpdyEventKind Kind, SpdyStream Stream, ReadOnlyMemory<byte> Data);
