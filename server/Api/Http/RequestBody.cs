using System.Buffers;
using Edge.Server.Schema;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Http;

/// <summary>Reads request bodies within their limit and by their content type.</summary>
internal static class RequestBody
{
    /// <summary>As upstream: a body of twice the largest object leaves room for a patch of it.</summary>
    public const int BytesMax = 3 * 1024 * 1024;

    private const string Accepted = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

    public static Task<ReadOnlyMemory<byte>> Read(HttpRequest request, CancellationToken ct) =>
        Read(request, BytesMax, ct);

    /// <exception cref="StatusException">413: the body has more bytes than these.</exception>
    public static async Task<ReadOnlyMemory<byte>> Read(HttpRequest request, int bytesMax, CancellationToken ct)
    {
        if (request.ContentLength > bytesMax)
        {
            throw Errors.TooLarge(bytesMax);
        }

        if (request.ContentLength is { } length)
        {
            var whole = new byte[length];
            await request.Body.ReadExactlyAsync(whole, ct);
            return whole;
        }

        var buffer = new ArrayBufferWriter<byte>(1024);
        while (true)
        {
            var read = await request.Body.ReadAsync(buffer.GetMemory(1024), ct);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > bytesMax)
            {
                throw Errors.TooLarge(bytesMax);
            }
        }
    }

    /// <summary>The content type without parameters; absent means JSON.</summary>
    public static string MediaType(HttpRequest request)
    {
        var type = request.ContentType ?? "";
        var end = type.IndexOf(';', StringComparison.Ordinal);
        type = (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
        return type.Length == 0 ? ResponseBody.Json : type;
    }

    public static DecodeResult Decode(
        HttpRequest request, ResourceSchema schema, ReadOnlyMemory<byte> body, FieldValidation validation) =>
        MediaType(request) switch
        {
            ResponseBody.Json => ObjectDecoder.FromJson(schema, body, validation),
            "application/yaml" => ObjectDecoder.FromYaml(schema, body, validation),
            "application/vnd.kubernetes.protobuf" => ObjectDecoder.FromProtobuf(schema, body),
            _ => throw Errors.UnsupportedMediaType(Accepted),
        };
}
