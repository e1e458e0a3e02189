using System.Buffers;
using System.Text;

namespace Edge.Server.Schema.Documents;

/// <summary>Writes the fields of one protobuf message.</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int Bytes = 2;

    private readonly ArrayBufferWriter<byte> _buffer = new();

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Text(int number, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            Block(number, Encoding.UTF8.GetBytes(text));
        }
    }

    public void Flag(int number, bool value)
    {
        if (value)
        {
            Number((ulong)((number << 3) | Varint));
            Number(1);
        }
    }

    /// <summary>A message within this one.</summary>
    public void Message(int number, Action<ProtobufWriter> fill)
    {
        var inner = new ProtobufWriter();
        fill(inner);
        Block(number, inner.Written.Span);
    }

    private void Block(int number, ReadOnlySpan<byte> content)
    {
        Number((ulong)((number << 3) | Bytes));
        Number((ulong)content.Length);
        _buffer.Write(content);
    }

    private void Number(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var length = 0;
        do
        {
            bytes[length++] = (byte)((value & 0x7f) | (value > 0x7f ? 0x80u : 0));
            value >>= 7;
        }
        while (value > 0);
        _buffer.Write(bytes[..length]);
    }
}
