using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Server.Store;

/// <summary>
/// Values as they lie on disk: a codec byte, then the value plain, Brotli-compressed, or sealed with AES-256-GCM
/// (Secrets). A sealed value holds another encoded value, and is bound to its key, so that it cannot be moved.
/// </summary>
internal sealed class ValueCodec(ReadOnlyMemory<byte> secretKey) : IDisposable
{
    /// <summary>
    /// A database page: a smaller value takes a page anyway, and compressing it would only cost time.
    /// </summary>
    public const int CompressAbove = 4096;

    private const byte Plain = 0;
    private const byte Brotli = 1;
    private const byte Sealed = 2;

    /// <summary>Small JSON gains next to nothing from higher qualities, which take several times as long.</summary>
    private const int Quality = 4;

    /// <summary>The largest window that pays for values of at most a few MiB.</summary>
    private const int Window = 22;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private static readonly string s_secrets = StoreKeys.Prefix("", "secrets");

    private readonly AesGcm _aes = new(secretKey.Span, TagBytes);

    public byte[] Encode(string key, ReadOnlySpan<byte> value)
    {
        var encoded = value.Length > CompressAbove ? Compress(value) : Copy(value);
        return IsSecret(key) ? Seal(key, encoded) : encoded;
    }

    /// <summary>As <see cref="Encode"/> does it without a key, which only Secrets need.</summary>
    public static byte[] EncodeOpen(ReadOnlySpan<byte> value) => Copy(value);

    /// <summary>True for a Secret that lies open, as one does that something else than this codec wrote.</summary>
    public static bool IsOpenSecret(string key, ReadOnlySpan<byte> encoded) =>
        IsSecret(key) && encoded is [not Sealed, ..];

    public static bool IsSealed(ReadOnlySpan<byte> encoded) => encoded is [Sealed, ..];

    /// <exception cref="SealException">The value is sealed with another key, or damaged.</exception>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public byte[] Decode(string key, ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
        {
            throw new InvalidDataException($"value of \"{key}\" is empty");
        }

        return encoded[0] switch
        {
            Plain => encoded[1..].ToArray(),
            Brotli => Decompress(key, encoded[1..]),
            Sealed => Decode(key, Open(key, encoded[1..])),
            var codec => throw new InvalidDataException($"value of \"{key}\" has the unknown codec {codec}"),
        };
    }

    public void Dispose() => _aes.Dispose();

    private static bool IsSecret(string key) => key.StartsWith(s_secrets, StringComparison.Ordinal);

    private static byte[] Copy(ReadOnlySpan<byte> value)
    {
        var encoded = new byte[1 + value.Length];
        encoded[0] = Plain;
        value.CopyTo(encoded.AsSpan(1));
        return encoded;
    }

    private static byte[] Compress(ReadOnlySpan<byte> value)
    {
        var buffer = new byte[5 + BrotliEncoder.GetMaxCompressedLength(value.Length)];
        buffer[0] = Brotli;
        BitConverter.TryWriteBytes(buffer.AsSpan(1), value.Length);
        return BrotliEncoder.TryCompress(value, buffer.AsSpan(5), out var written, Quality, Window)
            && written + 4 < value.Length
            ? buffer[..(5 + written)]
            : Copy(value);
    }

    private static byte[] Decompress(string key, ReadOnlySpan<byte> compressed)
    {
        var value = new byte[BitConverter.ToInt32(compressed)];
        return BrotliDecoder.TryDecompress(compressed[4..], value, out var written) && written == value.Length
            ? value
            : throw new InvalidDataException($"value of \"{key}\" cannot be decompressed");
    }

    private byte[] Seal(string key, ReadOnlySpan<byte> encoded)
    {
        var result = new byte[1 + NonceBytes + TagBytes + encoded.Length];
        result[0] = Sealed;
        var nonce = result.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        lock (_aes)
        {
            _aes.Encrypt(nonce, encoded, result.AsSpan(1 + NonceBytes + TagBytes),
                result.AsSpan(1 + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(key));
        }

        return result;
    }

    private byte[] Open(string key, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < NonceBytes + TagBytes)
        {
            throw new InvalidDataException($"sealed value of \"{key}\" is cut off");
        }

        var plain = new byte[payload.Length - NonceBytes - TagBytes];
        try
        {
            lock (_aes)
            {
                _aes.Decrypt(payload[..NonceBytes], payload[(NonceBytes + TagBytes)..],
                    payload.Slice(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(key));
            }
        }
        catch (AuthenticationTagMismatchException fault)
        {
            throw new SealException($"value of \"{key}\" is sealed with another key, or damaged", fault);
        }

        return plain;
    }
}
