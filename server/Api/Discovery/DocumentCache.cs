using System.IO.Compression;
using System.Security.Cryptography;
using Edge.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Discovery;

/// <summary>
/// Documents that are made once and asked for rarely. They are kept compressed, a tenth of their size, which is also
/// how clients want them.
/// </summary>
internal sealed class DocumentCache
{
    private readonly Dictionary<string, Document> _documents = [];
    private readonly Lock _gate = new();

    /// <summary>Answers 304 to a client that has these very bytes.</summary>
    /// <param name="http">The request.</param>
    /// <param name="key">Names the document.</param>
    /// <param name="type">Its content type.</param>
    /// <param name="make">Makes it at first use.</param>
    public async Task Write(HttpContext http, string key, string type, Func<ReadOnlyMemory<byte>> make)
    {
        var document = Find(key, make);
        var response = http.Response;
        response.Headers.ETag = document.Tag;
        response.Headers.Append("Vary", "Accept-Encoding");
        if (http.Request.Headers.IfNoneMatch.ToString() == document.Tag)
        {
            response.StatusCode = 304;
            return;
        }

        response.ContentType = type;
        if (ResponseBody.TakesGzip(http.Request))
        {
            response.Headers.ContentEncoding = "gzip";
            response.ContentLength = document.Compressed.Length;
            await response.Body.WriteAsync(document.Compressed, http.RequestAborted);
            return;
        }

        response.ContentLength = document.Length;
        await using var plain = new GZipStream(new MemoryStream(document.Compressed), CompressionMode.Decompress);
        await plain.CopyToAsync(response.Body, http.RequestAborted);
    }

    private Document Find(string key, Func<ReadOnlyMemory<byte>> make)
    {
        lock (_gate)
        {
            if (!_documents.TryGetValue(key, out var document))
            {
                document = _documents[key] = Document.Of(make());
            }

            return document;
        }
    }

    private sealed record Document(byte[] Compressed, int Length, string Tag)
    {
        public static Document Of(ReadOnlyMemory<byte> body)
        {
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            {
                gzip.Write(body.Span);
            }

            return new Document(
                compressed.ToArray(), body.Length, $"\"{Convert.ToHexString(SHA256.HashData(body.Span))}\"");
        }
    }
}
