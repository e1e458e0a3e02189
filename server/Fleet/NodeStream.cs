using Edge.Proto.Link;

namespace Edge.Server.Fleet;

/// <summary>Bytes that came from a node: of the standard output (0) or the standard error (1) of a process.</summary>
internal sealed record NodePiece(int Channel, ReadOnlyMemory<byte> Data, bool IsLast);

/// <summary>
/// A stream to a node that accepted it: a process in one of its containers, or a connection in one of its pods.
/// Whoever disposes it leaves.
/// </summary>
internal sealed class NodeStream : IAsyncDisposable
{
    private readonly LinkStream _source;
    private readonly Action _left;
    private StreamPiece? _first;
    private bool _disposed;

    private NodeStream(LinkStream source, Action left) => (_source, _left) = (source, left);

    /// <summary>After the end: the exit code, where the node said one.</summary>
    public int? ExitCode => _source.ExitCode;

    /// <summary>Waits until the node accepts or refuses.</summary>
    /// <param name="source">The stream, just opened; it is disposed with the result, or now when this fails.</param>
    /// <param name="left">Called once, when the result is disposed.</param>
    /// <param name="ct">Ends the waiting.</param>
    /// <exception cref="LinkStreamException">The node refuses, or is gone; the message says why.</exception>
    public static async Task<NodeStream> Accepted(LinkStream source, Action left, CancellationToken ct)
    {
        try
        {
            return new NodeStream(source, left) { _first = await source.ReadPiece(ct) };
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next bytes; null after the good end.</summary>
    /// <exception cref="IOException">The node said why it failed, or is gone.</exception>
    public async ValueTask<NodePiece?> Read(CancellationToken ct)
    {
        try
        {
            var piece = _first ?? await _source.ReadPiece(ct);
            _first = null;
            return piece is null ? null : new NodePiece((int)piece.Channel, piece.Data, piece.IsLast);
        }
        catch (LinkStreamException broken)
        {
            throw new IOException(broken.Message, broken);
        }
    }

    /// <summary>Waits while the node takes no more.</summary>
    /// <exception cref="IOException">The stream is over.</exception>
    public async ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        try
        {
            await _source.Write(data, ct);
        }
        catch (LinkStreamException broken)
        {
            throw new IOException(broken.Message, broken);
        }
    }

    /// <summary>No more bytes go to the node; those that come from it still do.</summary>
    public void CloseInput() => _source.Close();

    public void Resize(uint width, uint height) => _source.Resize(width, height);

    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _source.End();
            await _source.DisposeAsync();
            _left();
        }
    }
}
