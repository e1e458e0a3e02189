using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;

namespace Edge.Server.Api.Streams;

/// <summary>Messages that begin with their channel, as they come and go on a WebSocket.</summary>
/// <param name="socket">Not disposed here.</param>
/// <param name="isBase64">The form of a message.</param>
internal sealed class ChannelMessages(WebSocket socket, bool isBase64)
{
    /// <summary>What is left of a piece of base64 that ends between its groups of four.</summary>
    private const int CarryMax = 3;

    private readonly byte[] _in = new byte[CarryMax + ProcessClient.PieceBytes];
    private readonly byte[] _out = new byte[1 + Base64.GetMaxEncodedToUtf8Length(ProcessClient.PieceBytes)];
    private int _channel = -1;
    private int _carried;

    /// <summary>
    /// The next piece of a message, which is valid until the next call; null when the client closed the connection, or
    /// spoke no base64.
    /// </summary>
    public async ValueTask<ChannelPiece?> Read(CancellationToken ct)
    {
        while (true)
        {
            var got = await socket.ReceiveAsync(_in.AsMemory(_carried), ct);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            var data = _in.AsMemory(0, _carried + got.Count);
            _carried = 0;
            if (_channel < 0 && !data.IsEmpty)
            {
                _channel = isBase64 ? data.Span[0] - '0' : data.Span[0];
                data = data[1..];
            }

            var channel = _channel;
            if (got.EndOfMessage)
            {
                _channel = -1;
            }

            if (isBase64 && !TryDecode(ref data, got.EndOfMessage))
            {
                return null;
            }

            // A message without a channel says nothing.
            if (channel >= 0 && (got.EndOfMessage || !data.IsEmpty))
            {
                return new ChannelPiece(channel, data);
            }
        }
    }

    /// <summary>At most <see cref="ProcessClient.PieceBytes"/> of data.</summary>
    public async Task Send(int channel, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        var length = data.Length;
        _out[0] = (byte)(isBase64 ? '0' + channel : channel);
        if (isBase64)
        {
            Base64.EncodeToUtf8(data.Span, _out.AsSpan(1), out _, out length);
        }
        else
        {
            data.CopyTo(_out.AsMemory(1));
        }

        var type = isBase64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        await socket.SendAsync(_out.AsMemory(0, 1 + length), type, endOfMessage: true, ct);
    }

    /// <summary>In place. A rest that is no whole group waits at the buffer's beginning for what follows.</summary>
    private bool TryDecode(ref Memory<byte> data, bool whole)
    {
        var text = data.Span;
        var rest = whole ? 0 : text.Length % 4;
        Span<byte> carry = stackalloc byte[CarryMax];
        text[^rest..].CopyTo(carry);
        var done = Base64.DecodeFromUtf8InPlace(text[..^rest], out var length) == OperationStatus.Done;
        // The decoded bytes are given out from behind the place of the rest.
        data[..length].CopyTo(_in.AsMemory(CarryMax));
        carry[..rest].CopyTo(_in);
        _carried = rest;
        data = _in.AsMemory(CarryMax, length);
        return done;
    }
}

/// <param name="Channel">0 to 255.</param>
/// <param name="Data">Of the channel.</param>
internal sealed record ChannelPiece(int Channel, ReadOnlyMemory<byte> Data);
