namespace Edge.Server.Api.Streams;

/// <summary>What the client of a process says.</summary>
internal abstract record ClientSays
{
    private ClientSays()
    {
    }

    /// <param name="Data">For the process's standard input; valid until the next word is read.</param>
    internal sealed record Input(ReadOnlyMemory<byte> Data) : ClientSays;

    /// <summary>The standard input has ended.</summary>
    internal sealed record InputEnd : ClientSays;

    internal sealed record Size(uint Width, uint Height) : ClientSays;

    /// <summary>Nothing that matters here.</summary>
    internal sealed record Nothing : ClientSays;
}

/// <summary>
/// The one who is at a process, over WebSocket or SPDY. There is one reader and one writer at a time.
/// </summary>
internal abstract class ProcessClient : IDisposable
{
    public const int Output = 0;
    public const int Error = 1;

    /// <summary>Bytes of one message to the client; the clients' own are not longer.</summary>
    public const int PieceBytes = 32 * 1024;

    /// <summary>The next word; null when the client is gone, well or not.</summary>
    public abstract ValueTask<ClientSays?> Read(CancellationToken ct);

    /// <summary>Waits while the client does not take the bytes.</summary>
    public abstract ValueTask Write(int channel, ReadOnlyMemory<byte> data, CancellationToken ct);

    /// <summary>Says how it ended, and that nothing more comes. The client then leaves.</summary>
    public abstract Task Finish(ProcessStatus status, CancellationToken ct);

    /// <summary>A sign of life, where the transport has none of its own.</summary>
    public abstract Task Ping(CancellationToken ct);

    public abstract void Dispose();
}
