using System.Buffers.Binary;

namespace Edge.Server.Schema.Bodies;

/// <summary>Reads the fields of one protobuf message from a span; the messages here hold no groups.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Number of the field that <see cref="Read"/> found.</summary>
    public int Number { get; private set; }

    /// <summary>Value of a varint or fixed field.</summary>
    public ulong Varint { get; private set; }

    /// <summary>Content of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <exception cref="FormatException">The bytes are not a protobuf message.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint();
        Number = (int)(tag >> 3);
        Bytes = default;
        Varint = 0;
        switch (tag & 7)
        {
            case 0:
                Varint = ReadVarint();
                return true;
            case 1:
                Varint = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                return true;
            case 2:
                Bytes = Take(ReadVarint());
                return true;
            case 5:
                Varint = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                return true;
            default:
                throw new FormatException($"wire type {tag & 7} of field {Number} is not known");
        }
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
        {
            throw new FormatException("the message ends in the middle of a field");
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a number is longer than ten bytes");
    }
}
