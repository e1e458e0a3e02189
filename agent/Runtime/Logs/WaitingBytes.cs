namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// Bytes in the order they came. Small pieces are put together: what is held is at most a chunk more than the bytes.
/// Not thread-safe.
/// </summary>
internal sealed class WaitingBytes
{
    private const int ChunkBytes = 4096;

    private readonly Queue<byte[]> _chunks = new();

    /// <summary>The newest chunk, and what of it is filled; all others are full.</summary>
    private byte[] _newest = [];
    private int _filled;

    /// <summary>Of the oldest chunk.</summary>
    private int _taken;

    public int Count { get; private set; }

    public void Add(ReadOnlySpan<byte> data)
    {
        Count += data.Length;
        var fits = Math.Min(data.Length, _newest.Length - _filled);
        data[..fits].CopyTo(_newest.AsSpan(_filled));
        _filled += fits;
        data = data[fits..];
        if (!data.IsEmpty)
        {
            _newest = new byte[Math.Max(ChunkBytes, data.Length)];
            data.CopyTo(_newest);
            _filled = data.Length;
            _chunks.Enqueue(_newest);
        }
    }

    /// <summary>Takes the oldest, at most those of one chunk; zero when there are none.</summary>
    public int Take(Span<byte> buffer)
    {
        if (Count == 0)
        {
            return 0;
        }

        var oldest = _chunks.Peek();
        var end = oldest == _newest ? _filled : oldest.Length;
        var count = Math.Min(buffer.Length, end - _taken);
        oldest.AsSpan(_taken, count).CopyTo(buffer);
        _taken += count;
        Count -= count;
        if (Count == 0)
        {
            Clear();
        }
        else if (_taken == end)
        {
            _chunks.Dequeue();
            _taken = 0;
        }

        return count;
    }

    public void Clear()
    {
        _chunks.Clear();
        (_newest, _filled, _taken, Count) = ([], 0, 0, 0);
    }
}
