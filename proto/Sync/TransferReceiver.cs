using Edge.Proto.Link;

namespace Edge.Proto.Sync;

/// <summary>
/// The pieces of one transfer on its way in. Pieces come in any order and more than once; those of another
/// transfer begin anew.
/// </summary>
internal sealed class TransferReceiver
{
    private Chunk? _header;
    private ReadOnlyMemory<byte>?[] _pieces = [];
    private int _next;

    public void Clear()
    {
        _header = null;
        _pieces = [];
        _next = 0;
    }

    /// <summary>The whole body, still packed, as soon as the last missing piece came; else null.</summary>
    public byte[]? Take(Chunk chunk, Action<Envelope> send)
    {
        if (!WellFormed(chunk))
        {
            return null;
        }

        if (_header is null || !SameTransfer(_header, chunk))
        {
            _header = chunk;
            _pieces = new ReadOnlyMemory<byte>?[chunk.Count];
            _next = 0;
        }

        _pieces[chunk.Index] ??= chunk.Data.Memory;
        while (_next < _pieces.Length && _pieces[_next] is not null)
        {
            _next++;
        }

        if (chunk.Count > 1)
        {
            send(new Envelope
            {
                Progress = new Progress { Map = chunk.Map, Transfer = chunk.Transfer, Next = (uint)_next },
            });
        }

        return _next == _pieces.Length ? Join() : null;
    }

    private static bool WellFormed(Chunk chunk) =>
        chunk.Count is > 0 and <= MapLimits.ChunksMax
        && chunk.Index < chunk.Count
        && chunk.Data.Length <= MapLimits.ChunkBytes;

    private static bool SameTransfer(Chunk one, Chunk other) =>
        one.Transfer == other.Transfer && one.Kind == other.Kind && one.Epoch == other.Epoch
        && one.From == other.From && one.To == other.To && one.Count == other.Count && one.Digest == other.Digest;

    private byte[] Join()
    {
        var length = 0;
        foreach (var piece in _pieces)
        {
            length += piece!.Value.Length;
        }

        var body = new byte[length];
        var at = 0;
        foreach (var piece in _pieces)
        {
            piece!.Value.CopyTo(body.AsMemory(at));
            at += piece.Value.Length;
        }

        Clear();
        return body;
    }
}
