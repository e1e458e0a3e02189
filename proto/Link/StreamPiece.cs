namespace Edge.Proto.Link;

/// <summary>Bytes of one channel of a stream, in the order in which they were sent on it.</summary>
public sealed class StreamPiece
{
    /// <summary>
    /// Small pieces that wait are put together up to this, so that a window of single bytes costs no object for each.
    /// </summary>
    private const int MergeBytes = 4096;

    private byte[]? _merged;

    internal StreamPiece(uint channel, ReadOnlyMemory<byte> data, bool isLast) =>
        (Channel, Data, IsLast) = (channel, data, isLast);

    public uint Channel { get; }

    /// <summary>Empty in the first piece of a request that was accepted, and in a last one.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>No more bytes come on this channel.</summary>
    public bool IsLast { get; private set; }

    internal bool TryAppend(ReadOnlyMemory<byte> more, bool isLast)
    {
        var length = Data.Length + more.Length;
        if (IsLast || length > MergeBytes)
        {
            return false;
        }

        if (_merged is null)
        {
            _merged = new byte[MergeBytes];
            Data.CopyTo(_merged);
        }

        more.CopyTo(_merged.AsMemory(Data.Length));
        (Data, IsLast) = (_merged.AsMemory(0, length), isLast);
        return true;
    }
}
