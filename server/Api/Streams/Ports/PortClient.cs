namespace Edge.Server.Api.Streams.Ports;

/// <summary>
/// The client's end of one forwarded connection: a stream of bytes, and one that says what went wrong.
/// </summary>
internal abstract class PortClient
{
    /// <summary>Waits while the client does not take the bytes.</summary>
    public abstract ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken ct);

    /// <summary>The pod sends nothing more.</summary>
    public abstract Task FinishData(CancellationToken ct);

    /// <summary>Says why it failed, and ends it.</summary>
    public abstract Task Fail(string why, CancellationToken ct);

    /// <summary>Ends it well.</summary>
    public abstract Task Finish(CancellationToken ct);
}
