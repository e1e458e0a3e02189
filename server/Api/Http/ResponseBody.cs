using System.Buffers;
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Store;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Http;

/// <summary>Puts bodies on the wire.</summary>
internal static class ResponseBody
{
    public const string Json = "application/json";

    /// <summary>As upstream: below this, compressing costs more than it saves.</summary>
    public const int GzipAbove = 128 * 1024;

    /// <summary>
    /// What is written straight into the connection's buffer, for which that must have room in one piece.
    /// </summary>
    private const int CopyMax = 64 * 1024;

    private static readonly JsonWriterOptions s_writing =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>As deep as what is stored may be.</summary>
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 256 };

    public static Task Write(HttpResponse response, int code, JsonObject body) =>
        Write(response, code, Bytes(body));

    /// <summary>An object as it is stored, with its revision: most answers, so without a copy of it.</summary>
    public static Task Write(HttpResponse response, int code, StoredObject stored)
    {
        var length = ObjectBytes.LengthWithRevision(stored);
        return length > CopyMax || IsIndented(response)
            ? Write(response, code, ObjectBytes.WithRevision(stored))
            : Write(response, code, stored, length);
    }

    private static async Task Write(HttpResponse response, int code, StoredObject stored, int length)
    {
        response.StatusCode = code;
        response.ContentType ??= Json;
        response.ContentLength = length;
        await response.StartAsync(response.HttpContext.RequestAborted);
        ObjectBytes.WriteWithRevision(response.BodyWriter, stored);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    public static async Task Write(HttpResponse response, int code, ReadOnlyMemory<byte> body)
    {
        response.StatusCode = code;
        response.ContentType ??= Json;
        if (IsIndented(response))
        {
            body = Indented(body);
        }

        if (body.Length > GzipAbove && TakesGzip(response.HttpContext.Request))
        {
            response.Headers.ContentEncoding = "gzip";
            response.Headers.Append("Vary", "Accept-Encoding");
            await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest);
            await gzip.WriteAsync(body, response.HttpContext.RequestAborted);
            return;
        }

        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, response.HttpContext.RequestAborted);
    }

    /// <summary>False for what is compressed or indented, which needs the whole body.</summary>
    public static bool CanBeSentInPieces(HttpRequest request) => !TakesGzip(request) && !IsForPeople(request);

    public static ReadOnlyMemory<byte> Bytes(JsonNode body)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        WriteNode(buffer, body);
        return buffer.WrittenMemory;
    }

    public static void WriteNode(IBufferWriter<byte> output, JsonNode body)
    {
        using var writer = new Utf8JsonWriter(output, s_writing);
        body.WriteTo(writer);
    }

    /// <summary>Text that kubectl prints as "Warning: …".</summary>
    public static void Warn(HttpResponse response, IEnumerable<string> warnings)
    {
        foreach (var warning in warnings.Take(WarningsMax))
        {
            var text = warning.Length > WarningMax ? warning[..WarningMax] : warning;
            text = text.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal);
            response.Headers.Append("Warning", $"299 - \"{Printable(text)}\"");
        }
    }

    /// <summary>As upstream: more would not fit the header limits of common proxies.</summary>
    private const int WarningsMax = 16;

    private const int WarningMax = 256;

    private static string Printable(string text) =>
        string.Concat(text.Select(letter => letter is < ' ' or > '~' ? '?' : letter));

    private static bool IsIndented(HttpResponse response) =>
        response.ContentType is null or Json && IsForPeople(response.HttpContext.Request);

    /// <summary>As upstream: where it is asked for, and for the tools that show bodies as they are.</summary>
    private static bool IsForPeople(HttpRequest request)
    {
        var asked = request.Query["pretty"].ToString();
        if (asked.Length > 0)
        {
            return asked is "1" or "t" or "T" or "true" or "TRUE" or "True";
        }

        var agent = request.Headers.UserAgent.ToString();
        return agent.StartsWith("curl", StringComparison.Ordinal) || agent.StartsWith("Wget", StringComparison.Ordinal)
            || agent.StartsWith("Mozilla/5.0", StringComparison.Ordinal);
    }

    private static ReadOnlyMemory<byte> Indented(ReadOnlyMemory<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length * 2);
        using (var document = JsonDocument.Parse(body, s_reading))
        using (var writer = new Utf8JsonWriter(buffer, s_writing with { Indented = true }))
        {
            document.RootElement.WriteTo(writer);
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    public static bool TakesGzip(HttpRequest request) =>
        request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
}
