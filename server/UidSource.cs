using System.Security.Cryptography;

namespace Edge.Server;

/// <summary>
/// Uids of new objects: version 4 UUIDs (RFC 9562). The random bytes are fetched many at a time, because each fetch
/// asks the kernel.
/// </summary>
internal sealed class UidSource
{
    private const int UidBytes = 16;

    private readonly Lock _gate = new();
    private readonly byte[] _random = new byte[64 * UidBytes];
    private int _used = 64 * UidBytes;

    public string Next()
    {
        Span<byte> uid = stackalloc byte[UidBytes];
        lock (_gate)
        {
            if (_used == _random.Length)
            {
                RandomNumberGenerator.Fill(_random);
                _used = 0;
            }

            _random.AsSpan(_used, UidBytes).CopyTo(uid);
            _used += UidBytes;
        }

        uid[6] = (byte)((uid[6] & 0x0f) | 0x40);
        uid[8] = (byte)((uid[8] & 0x3f) | 0x80);
        return new Guid(uid, bigEndian: true).ToString();
    }
}
