namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>The bytes of a file while changes are applied to it.</summary>
internal sealed class DiskImage
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>How many changes of its file are in it, from the first one on.</summary>
    public int Applied { get; set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Take(DiskImage other)
    {
        Resize(0);
        Resize(other._length);
        other.Bytes.CopyTo(_bytes);
    }

    public void Apply(DiskRecord change)
    {
        if (change.Kind == 'T')
        {
            Resize((int)change.Position);
        }
        else
        {
            Put((int)change.Position, change.Data.Span);
        }
    }

    /// <summary>Bytes between the old end and the new ones are zero, as a file system has them.</summary>
    public void Put(int position, ReadOnlySpan<byte> data)
    {
        if (position + data.Length > _length)
        {
            Resize(position + data.Length);
        }

        data.CopyTo(_bytes.AsSpan(position));
    }

    private void Resize(int length)
    {
        if (length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(length, _bytes.Length * 2));
        }

        if (length > _length)
        {
            _bytes.AsSpan(_length, length - _length).Clear();
        }

        _length = length;
    }
}
