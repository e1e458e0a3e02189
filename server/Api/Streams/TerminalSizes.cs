using System.Text.Json;

namespace Edge.Server.Api.Streams;

/// <summary>
/// Reads the sizes of a terminal out of a channel that carries one JSON object after the other, cut anywhere.
/// </summary>
internal sealed class TerminalSizes
{
    /// <summary>A size takes 30 bytes; what has more is none, and is passed over.</summary>
    private const int ObjectBytesMax = 256;

    private readonly byte[] _text = new byte[ObjectBytesMax];
    private int _length;

    /// <summary>The newest whole size in it, or null.</summary>
    public ClientSays.Size? Read(ReadOnlySpan<byte> data)
    {
        ClientSays.Size? newest = null;
        foreach (var character in data)
        {
            if (_length == ObjectBytesMax)
            {
                _length = 0;
            }

            _text[_length++] = character;
            if (character == '}')
            {
                newest = Parse(_text.AsSpan(0, _length)) ?? newest;
                _length = 0;
            }
        }

        return newest;
    }

    private static ClientSays.Size? Parse(ReadOnlySpan<byte> text)
    {
        uint? width = null, height = null;
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                var name = reader.GetString();
                if (reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetUInt16(out var cells))
                {
                    // As Go reads it: the case of names does not matter.
                    width = "width".Equals(name, StringComparison.OrdinalIgnoreCase) ? cells : width;
                    height = "height".Equals(name, StringComparison.OrdinalIgnoreCase) ? cells : height;
                }
            }
        }
        catch (JsonException)
        {
            return null;
        }

        // As the kubelet: a terminal without any place is none.
        return width is > 0 and { } columns && height is > 0 and { } rows ? new ClientSays.Size(columns, rows) : null;
    }
}
