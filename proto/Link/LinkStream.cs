namespace Edge.Proto.Link;

/// <summary>
/// One end of a byte stream over the link. The writer waits until the reader has given credit;
/// a lost session or a hole in the bytes ends the stream with an error.
/// </summary>
public sealed class LinkStream : IAsyncDisposable
{
    internal LinkStream()
    {
    }

    /// <summary>The next bytes, or null after the good end. Throws <see cref="LinkStreamException"/> after a bad one.</summary>
    public ValueTask<ReadOnlyMemory<byte>?> Read(CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Sends bytes; waits for credit. Throws <see cref="LinkStreamException"/> when the other end is gone.</summary>
    public ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Ends the stream: well when <paramref name="error"/> is null.</summary>
    public void End(string? error = null) => throw new NotImplementedException();

    /// <summary>Cancelled as soon as the stream has ended, by either side.</summary>
    public CancellationToken Ended => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>A stream ended badly: the other side said why, or the session was lost.</summary>
public sealed class LinkStreamException(string message) : Exception(message);
