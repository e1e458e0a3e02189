namespace Edge.Server.Api.Streams.Spdy;

/// <summary>
/// The server's side of SPDY/3.1 as Kubernetes' clients speak it. There is one reader; writers may be many. No window
/// is kept: the clients keep none either, so a stream that is not taken holds up its connection, and nothing more.
/// </summary>
internal sealed class SpdyConnection : IDisposable
{
    /// <summary>Streams open at once on one connection; more are refused.</summary>
    public const int StreamsMax = 256;

    /// <summary>Bytes of one data frame that is sent, and of one event that is read.</summary>
    public const int PieceBytes = 32 * 1024;

    /// <summary>Control frames that are read whole are short: a stream's headers, compressed.</summary>
    private const int ControlBytesMax = 16 * 1024;

    private readonly Stream _wire;
    private readonly SpdyHeaderReader _headers = new();
    private readonly Dictionary<uint, SpdyStream> _streams = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly byte[] _in = new byte[PieceBytes];
    private readonly byte[] _out = new byte[SpdyFrame.HeadBytes + PieceBytes];
    private readonly byte[] _head = new byte[SpdyFrame.HeadBytes];
    private bool _replied;
    private uint _lastId;
    private int _dataLeft;
    private bool _dataLast;
    private SpdyStream? _dataOf;

    public SpdyConnection(Stream wire) => _wire = wire;

    /// <summary>The next event; null when the client closed the connection.</summary>
    /// <exception cref="SpdyException">What comes is not SPDY/3.1.</exception>
    public async ValueTask<SpdyEvent?> Read(CancellationToken ct)
    {
        while (true)
        {
            if (_dataLeft > 0)
            {
                if (await ReadData(ct) is { } data)
                {
                    return data;
                }

                continue;
            }

            if (!await Fill(_head, atEnd: true, ct))
            {
                return null;
            }

            var frame = SpdyFrame.Read(_head);
            var happened = frame.IsControl ? await Control(frame, ct) : Data(frame);
            if (happened is not null)
            {
                return happened;
            }
        }
    }

    /// <summary>Answers that the stream is wanted.</summary>
    public Task Reply(SpdyStream stream, CancellationToken ct) => Locked(() =>
    {
        var block = SpdyFrame.EmptyHeaders(first: !_replied);
        _replied = true;
        return SpdyFrame.Reply(stream.Id, block);
    }, ct);

    /// <summary>Ends the stream in both directions at once. For the reader.</summary>
    public Task Reset(SpdyStream stream, CancellationToken ct)
    {
        stream.RemoteClosed = true;
        return Locked(() => Close(stream) ? SpdyFrame.Reset(stream.Id, SpdyFrame.RefusedStream) : [], ct);
    }

    /// <summary>Asks the client for a sign of life, which also shows whether it can still be reached.</summary>
    public Task Ping(uint number, CancellationToken ct) => Locked(() => SpdyFrame.Ping(number), ct);

    /// <summary>Sends bytes; waits while the client does not take them.</summary>
    public async Task Write(SpdyStream stream, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        while (!data.IsEmpty)
        {
            var piece = data[..Math.Min(data.Length, PieceBytes)];
            await Send(stream, piece, last: false, ct);
            data = data[piece.Length..];
        }
    }

    /// <summary>Says that nothing more comes on the stream. A second time it is not said.</summary>
    public Task Finish(SpdyStream stream, CancellationToken ct) => Send(stream, default, last: true, ct);

    public void Dispose()
    {
        _headers.Dispose();
        _writing.Dispose();
    }

    private async Task Send(SpdyStream stream, ReadOnlyMemory<byte> piece, bool last, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            if (stream.LocalClosed)
            {
                return;
            }

            stream.LocalClosed = last;
            SpdyFrame.WriteDataHead(_out, stream.Id, piece.Length, last);
            piece.CopyTo(_out.AsMemory(SpdyFrame.HeadBytes));
            await _wire.WriteAsync(_out.AsMemory(0, SpdyFrame.HeadBytes + piece.Length), ct);
            await _wire.FlushAsync(ct);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task Locked(Func<byte[]> make, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            if (make() is { Length: > 0 } frame)
            {
                await _wire.WriteAsync(frame, ct);
                await _wire.FlushAsync(ct);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private static bool Close(SpdyStream stream)
    {
        var open = !stream.LocalClosed;
        stream.LocalClosed = true;
        return open;
    }

    /// <summary>
    /// The frame's bytes follow and are read piece by piece; those of no open stream are passed over.
    /// </summary>
    private SpdyEvent? Data(SpdyFrame frame)
    {
        _dataOf = _streams.GetValueOrDefault(frame.Id);
        (_dataLeft, _dataLast) = (frame.Length, (frame.Flags & SpdyFrame.Fin) != 0);
        return frame.Length == 0 && _dataLast && _dataOf is { RemoteClosed: false } stream ? Ended(stream) : null;
    }

    private async ValueTask<SpdyEvent?> ReadData(CancellationToken ct)
    {
        var got = await _wire.ReadAsync(_in.AsMemory(0, Math.Min(_in.Length, _dataLeft)), ct);
        if (got == 0)
        {
            throw new SpdyException("the connection ended within a frame");
        }

        _dataLeft -= got;
        if (_dataOf is not { RemoteClosed: false } stream)
        {
            return null;
        }

        if (_dataLeft == 0 && _dataLast)
        {
            Ended(stream);
        }

        return new SpdyEvent(SpdyEventKind.Data, stream, _in.AsMemory(0, got));
    }

    private static SpdyEvent Ended(SpdyStream stream)
    {
        stream.RemoteClosed = true;
        return new SpdyEvent(SpdyEventKind.Data, stream, default);
    }

    private async ValueTask<SpdyEvent?> Control(SpdyFrame frame, CancellationToken ct)
    {
        if (frame.Length > ControlBytesMax)
        {
            throw new SpdyException($"a control frame has {frame.Length} bytes, more than {ControlBytesMax}");
        }

        var body = _in.AsMemory(0, frame.Length);
        await Fill(body, atEnd: false, ct);
        switch (frame.Type)
        {
            case SpdyFrame.SynStream:
                return await Open(frame, body, ct);
            case SpdyFrame.RstStream when _streams.Remove(SpdyFrame.IdOf(body), out var reset):
                (reset.RemoteClosed, reset.LocalClosed) = (true, true);
                return new SpdyEvent(SpdyEventKind.Reset, reset, default);
            case SpdyFrame.Headers:
                // They change the state of the compression also where nobody wants to know them.
                _headers.Read(SpdyFrame.After(body, sizeof(uint)));
                var later = _streams.GetValueOrDefault(SpdyFrame.IdOf(body));
                return later is { RemoteClosed: false } && (frame.Flags & SpdyFrame.Fin) != 0 ? Ended(later) : null;
            case SpdyFrame.PingType when SpdyFrame.IdOf(body) % 2 == 1:
                await Ping(SpdyFrame.IdOf(body), ct);
                return null;
            default:
                // SETTINGS and WINDOW_UPDATE ask for what is not done; after GOAWAY the client closes by itself.
                return null;
        }
    }

    private async ValueTask<SpdyEvent?> Open(SpdyFrame frame, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        const int fixedBytes = 10;
        var id = SpdyFrame.IdOf(body);
        var stream = new SpdyStream(id, _headers.Read(SpdyFrame.After(body, fixedBytes)))
        {
            RemoteClosed = (frame.Flags & SpdyFrame.Fin) != 0,
        };
        if (id % 2 == 0 || id <= _lastId)
        {
            throw new SpdyException($"a client cannot open stream {id} after {_lastId}");
        }

        _lastId = id;
        if (_streams.Count >= StreamsMax && !Forget())
        {
            await Reset(stream, ct);
            return null;
        }

        _streams[id] = stream;
        return new SpdyEvent(SpdyEventKind.Opened, stream, default);
    }

    /// <summary>
    /// Makes room: streams that are closed on both sides are kept until here. False when there is none.
    /// </summary>
    private bool Forget()
    {
        foreach (var (id, stream) in _streams)
        {
            if (stream is { RemoteClosed: true, LocalClosed: true })
            {
                _streams.Remove(id);
            }
        }

        return _streams.Count < StreamsMax;
    }

    /// <summary>False when nothing came at all, where this may be.</summary>
    private async ValueTask<bool> Fill(Memory<byte> buffer, bool atEnd, CancellationToken ct)
    {
        var got = await _wire.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return got == buffer.Length ? true
            : got == 0 && atEnd ? false
            : throw new SpdyException("the connection ended within a frame");
    }
}
