using System.Globalization;
using System.Text;

namespace Edge.Agent.Local;

/// <summary>
/// What a person asks: HTTP/1.1 as far as a unix socket needs it (RFC 9112). One request a connection, its body by
/// <c>Content-Length</c>; curl speaks it too.
/// </summary>
internal sealed record LocalRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Query, string Body)
{
    /// <summary>Request line and headers; what our commands send is below 1 KiB.</summary>
    private const int HeadBytesMax = 8 * 1024;

    public string Of(string name) => Query.GetValueOrDefault(name) ?? "";

    public bool Is(string name) => Of(name) == "true";

    /// <exception cref="LocalRefusal">It is no request that can be answered.</exception>
    /// <exception cref="IOException">The other side went away in the middle.</exception>
    public static async Task<LocalRequest> Read(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[HeadBytesMax];
        var (filled, end) = (0, -1);
        while (end < 0)
        {
            if (filled == buffer.Length)
            {
                throw new LocalRefusal(431, $"the head of the request is longer than {HeadBytesMax} bytes");
            }

            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellation);
            if (read == 0)
            {
                throw new EndOfStreamException("the request was not finished");
            }

            filled += read;
            end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
        }

        var head = Head(buffer.AsSpan(0, end));
        var body = new byte[head.BodyBytes];
        var early = buffer.AsMemory(end + 4, filled - end - 4);
        if (early.Length > body.Length)
        {
            throw new LocalRefusal(400, "the request is longer than it says");
        }

        early.CopyTo(body);
        await stream.ReadExactlyAsync(body.AsMemory(early.Length), cancellation);
        return head.Request with { Body = Text(body) };
    }

    private static (LocalRequest Request, int BodyBytes) Head(ReadOnlySpan<byte> bytes)
    {
        var lines = Text(bytes).Split("\r\n");
        if (lines[0].Split(' ') is not [var method, ['/', ..] target, "HTTP/1.1"])
        {
            throw new LocalRefusal(400, "the request line is no HTTP/1.1");
        }

        var length = 0;
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw new LocalRefusal(400, "a header has no name");
            }

            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                throw new LocalRefusal(411, "the length of the body is needed");
            }

            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                length = Length(value);
            }
        }

        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? target : target[..question];
        return (new LocalRequest(method, path, Fields(question < 0 ? "" : target[(question + 1)..]), ""), length);
    }

    private static int Length(string value) =>
        !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? throw new LocalRefusal(400, "the length of the body is no number")
            : length > ManifestReader.BytesMax
                ? throw new LocalRefusal(413, $"the body is longer than {ManifestReader.BytesMax} bytes")
                : length;

    private static Dictionary<string, string> Fields(string query)
    {
        var fields = new Dictionary<string, string>();
        foreach (var field in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !fields.TryAdd(
                Uri.UnescapeDataString(field[..equals]), Uri.UnescapeDataString(field[(equals + 1)..])))
            {
                throw new LocalRefusal(400, "the query is no list of names and values");
            }
        }

        return fields;
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new LocalRefusal(400, "the request is no UTF-8");
        }
    }
}

/// <summary>Why a request is not done, with HTTP's number for it.</summary>
internal sealed class LocalRefusal(int status, string message) : Exception(message)
{
    public int Status => status;
}
