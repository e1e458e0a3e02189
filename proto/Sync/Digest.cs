using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Proto.Sync;

/// <summary>
/// The digest of a map: the hashes of its entries summed modulo 2^128. It does not depend on order, and a change
/// of one key costs two additions.
/// </summary>
public readonly record struct Digest(UInt128 Sum)
{
    public const int Bytes = 16;

    public static Digest Empty => default;

    public static Digest operator +(Digest digest, UInt128 entry) => new(unchecked(digest.Sum + entry));

    public static Digest operator -(Digest digest, UInt128 entry) => new(unchecked(digest.Sum - entry));

    public static Digest Add(Digest digest, UInt128 entry) => digest + entry;

    public static Digest Subtract(Digest digest, UInt128 entry) => digest - entry;

    public override string ToString() => Sum.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>
    /// The first 16 bytes of SHA-256 over key and value, each after its length, so that no two pairs collide.
    /// </summary>
    public static UInt128 OfEntry(string key, ReadOnlySpan<byte> value)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var keyBytes = Encoding.UTF8.GetBytes(key);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, keyBytes.Length);
        hash.AppendData(length);
        hash.AppendData(keyBytes);
        BinaryPrimitives.WriteInt64LittleEndian(length, value.Length);
        hash.AppendData(length);
        hash.AppendData(value);
        Span<byte> result = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(result);
        return BinaryPrimitives.ReadUInt128LittleEndian(result);
    }

    public static byte[] ToBytes(UInt128 hash)
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, hash);
        return bytes;
    }

    /// <summary>Bytes of another length than 16 are no digest and equal none: null.</summary>
    public static UInt128? FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Bytes ? BinaryPrimitives.ReadUInt128LittleEndian(bytes) : null;
}
