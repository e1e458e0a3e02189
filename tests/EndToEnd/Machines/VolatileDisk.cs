using System.Buffers.Binary;
using System.Net.Sockets;

namespace Edge.Tests.EndToEnd.Machines;

/// <summary>
/// A disk with a cache that forgets, as an SD card's or an SSD's: what the machine has written and not flushed may be
/// read back, and a power cut keeps of it what chance keeps, torn at sectors. Served to the emulator as a network block
/// device (the NBD protocol, fixed newstyle handshake), since none of the emulator's own disks loses what it was given.
/// </summary>
internal sealed class VolatileDisk : IAsyncDisposable
{
    private const int SectorBytes = 512;
    private const int BlockBytes = 4096;

    /// <summary>As much as a small drive's cache; then the drive writes by itself.</summary>
    private const int CacheBytesMax = 64 * 1024 * 1024;

    private readonly FileStream _file;
    private readonly Socket _listener;
    private readonly Task _serving;

    /// <summary>Written since the last flush, in order.</summary>
    private readonly List<(long Offset, byte[] Bytes)> _unflushed = [];

    /// <summary>What reads see above the file, by block.</summary>
    private readonly Dictionary<long, byte[]> _cache = [];
    private long _unflushedBytes;

    public VolatileDisk(string file, string socket)
    {
        _file = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        File.Delete(socket);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(socket));
        _listener.Listen(1);
        _serving = Task.Run(Serve);
    }

    /// <summary>
    /// Writes that were not flushed when the power went, and how many of them are gone, in part or whole.
    /// </summary>
    public (int Unflushed, int Lost) Cut { get; private set; }

    /// <summary>The machine is dead already. The file is then what the drive holds after the cut.</summary>
    public async Task PowerCut(Random random)
    {
        _listener.Dispose();
        await _serving;
        var lost = 0;
        foreach (var (offset, bytes) in _unflushed)
        {
            var kept = random.NextDouble() switch
            {
                < 0.5 => 0,
                < 0.65 => random.Next(bytes.Length / SectorBytes + 1) * SectorBytes,
                _ => bytes.Length,
            };
            lost += kept < bytes.Length ? 1 : 0;
            RandomAccess.Write(_file.SafeFileHandle, bytes.AsSpan(0, kept), offset);
        }

        Cut = (_unflushed.Count, lost);
        _unflushed.Clear();
        _file.Dispose();
    }

    /// <summary>After an orderly end: nothing is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
        if (_file.CanWrite)
        {
            Flush();
            await _file.DisposeAsync();
        }
    }

    private void Serve()
    {
        try
        {
            using var client = _listener.Accept();
            using var stream = new NetworkStream(client);
            if (Handshake(stream))
            {
                Transmit(stream);
            }
        }
        catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException)
        {
            // The machine is off.
        }
    }

    private bool Handshake(NetworkStream stream)
    {
        const int exportName = 1, info = 6, go = 7;
        const uint acknowledged = 1, isInfo = 3, unsupported = 0x8000_0001;
        stream.Write("NBDMAGICIHAVEOPT"u8);
        stream.Write([0, 3]);
        Span<byte> head = stackalloc byte[16];
        stream.ReadExactly(head[..4]);
        while (true)
        {
            stream.ReadExactly(head);
            var option = BinaryPrimitives.ReadInt32BigEndian(head[8..]);
            var data = new byte[BinaryPrimitives.ReadInt32BigEndian(head[12..])];
            stream.ReadExactly(data);
            switch (option)
            {
                case exportName:
                    stream.Write(Export().AsSpan(2));
                    return true;
                case info or go:
                    Answer(stream, option, isInfo, Export());
                    Answer(stream, option, acknowledged, []);
                    if (option == go)
                    {
                        return true;
                    }

                    break;
                default:
                    Answer(stream, option, unsupported, []);
                    break;
            }
        }
    }

    /// <summary>NBD_INFO_EXPORT: size, and that there is a cache to flush.</summary>
    private byte[] Export()
    {
        var export = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(export.AsSpan(2), _file.Length);
        BinaryPrimitives.WriteInt16BigEndian(export.AsSpan(10), 1 | 4);
        return export;
    }

    private static void Answer(NetworkStream stream, int option, uint kind, byte[] data)
    {
        var answer = new byte[20 + data.Length];
        BinaryPrimitives.WriteInt64BigEndian(answer, 0x3e889045565a9);
        BinaryPrimitives.WriteInt32BigEndian(answer.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(12), kind);
        BinaryPrimitives.WriteInt32BigEndian(answer.AsSpan(16), data.Length);
        data.CopyTo(answer, 20);
        stream.Write(answer);
    }

    private void Transmit(NetworkStream stream)
    {
        const int read = 0, write = 1, disconnect = 2, flush = 3;
        const uint invalid = 22;
        var head = new byte[28];
        while (true)
        {
            stream.ReadExactly(head);
            var kind = BinaryPrimitives.ReadInt16BigEndian(head.AsSpan(6));
            var offset = BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(16));
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(24));
            var answer = new byte[16 + (kind == read ? length : 0)];
            BinaryPrimitives.WriteUInt32BigEndian(answer, 0x67446698);
            head.AsSpan(8, 8).CopyTo(answer.AsSpan(8));
            switch (kind)
            {
                case read:
                    Read(offset, answer.AsSpan(16));
                    break;
                case write:
                    var bytes = new byte[length];
                    stream.ReadExactly(bytes);
                    Write(offset, bytes);
                    break;
                case flush:
                    Flush();
                    break;
                case disconnect:
                    return;
                default:
                    BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(4), invalid);
                    break;
            }

            stream.Write(answer);
        }
    }

    private void Read(long offset, Span<byte> into)
    {
        RandomAccess.Read(_file.SafeFileHandle, into, offset);
        for (var at = offset - (offset % BlockBytes); at < offset + into.Length; at += BlockBytes)
        {
            if (_cache.TryGetValue(at, out var block))
            {
                var (from, to) = (Math.Max(at, offset), Math.Min(at + BlockBytes, offset + into.Length));
                block.AsSpan((int)(from - at), (int)(to - from)).CopyTo(into[(int)(from - offset)..]);
            }
        }
    }

    private void Write(long offset, byte[] bytes)
    {
        for (var at = offset - (offset % BlockBytes); at < offset + bytes.Length; at += BlockBytes)
        {
            if (!_cache.TryGetValue(at, out var block))
            {
                block = _cache[at] = new byte[BlockBytes];
                RandomAccess.Read(_file.SafeFileHandle, block, at);
            }

            var (from, to) = (Math.Max(at, offset), Math.Min(at + BlockBytes, offset + bytes.Length));
            bytes.AsSpan((int)(from - offset), (int)(to - from)).CopyTo(block.AsSpan((int)(from - at)));
        }

        _unflushed.Add((offset, bytes));
        _unflushedBytes += bytes.Length;
        if (_unflushedBytes > CacheBytesMax)
        {
            Flush();
        }
    }

    private void Flush()
    {
        foreach (var (at, block) in _cache)
        {
            RandomAccess.Write(_file.SafeFileHandle, block, at);
        }

        _cache.Clear();
        _unflushed.Clear();
        _unflushedBytes = 0;
    }
}
