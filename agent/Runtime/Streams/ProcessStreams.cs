namespace Edge.Agent.Runtime.Streams;

/// <summary>
/// The standard streams of a process in a container while somebody is at the other end: of a command that was run for
/// him, or of the container's own process.
/// </summary>
internal abstract class ProcessStreams : IAsyncDisposable
{
    /// <summary>Bytes read at once: one piece of the link.</summary>
    public const int ReadBytes = 32 * 1024;

    public const int Output = 0;
    public const int Error = 1;

    /// <summary>
    /// Takes what the process wrote to <see cref="Output"/> or <see cref="Error"/>; zero after its end. What is not
    /// taken makes the process wait, as a slow terminal would.
    /// </summary>
    public abstract ValueTask<int> Read(int channel, Memory<byte> buffer, CancellationToken token);

    /// <summary>Waits while the process does not read.</summary>
    public abstract ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken token);

    /// <summary>No more input comes. True where this also ends the whole conversation.</summary>
    public abstract Task<bool> CloseInput(CancellationToken token);

    public abstract Task Resize(uint width, uint height, CancellationToken token);

    /// <summary>Returns when the process has ended: its exit code, or null where that is not said here.</summary>
    public abstract Task<int?> Wait(CancellationToken token);

    public abstract ValueTask DisposeAsync();
}
