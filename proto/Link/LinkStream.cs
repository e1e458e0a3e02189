using Google.Protobuf;

namespace Edge.Proto.Link;

/// <summary>
/// One end of a stream over the link: bytes both ways, on up to two channels each way. The writer waits until the
/// reader has given credit; a lost session or a hole in the bytes ends the stream with an error. Safe from any thread.
/// </summary>
public sealed class LinkStream : IAsyncDisposable
{
    /// <summary>
    /// Bytes on their way to a reader: fills a mobile link's round trip, and bounds a stalled reader.
    /// </summary>
    public const int WindowBytes = 256 * 1024;

    /// <summary>One message: with envelope and topic it stays below 64 KiB.</summary>
    private const int PieceBytes = 32 * 1024;

    /// <summary>A process has two outputs; nothing has more.</summary>
    private const int ChannelsMax = 2;

    private readonly Action<Envelope> _send;
    private readonly Lock _gate = new();
    private readonly Queue<StreamPiece> _received = new();

    /// <summary>Of each channel the piece that came last, while it waits to be read.</summary>
    private readonly StreamPiece?[] _newest = new StreamPiece?[ChannelsMax];

    /// <summary>The last piece of the channel came.</summary>
    private readonly bool[] _closed = new bool[ChannelsMax];

    /// <summary>The last piece of the channel was sent.</summary>
    private readonly bool[] _shut = new bool[ChannelsMax];

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _changed = NewSignal();
    private ulong _sent;
    private ulong _limit;
    private ulong _arrived;
    private ulong _consumed;
    private ulong _granted = WindowBytes;
    private bool _accepted;
    private bool _over;
    private string? _error;
    private StreamResize? _size;

    /// <summary>
    /// The send delegate puts the message on the stream's topic within the session; it must not block.
    /// </summary>
    public LinkStream(Action<Envelope> send, ulong credit) => (_send, _limit) = (send, credit);

    /// <summary>Cancelled as soon as the stream has ended, by either side.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>After a good end: how the process ended, when the stream was of one.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>
    /// The next bytes, or null after the good end. Throws <see cref="LinkStreamException"/> after a bad one.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>?> Read(CancellationToken cancel) => (await ReadPiece(cancel))?.Data;

    /// <summary>
    /// The next piece of any channel, or null after the good end. Throws <see cref="LinkStreamException"/> after a bad
    /// one.
    /// </summary>
    public async ValueTask<StreamPiece?> ReadPiece(CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_received.TryDequeue(out var piece))
                {
                    if (_newest[piece.Channel] == piece)
                    {
                        _newest[piece.Channel] = null;
                    }

                    _consumed += Weight(piece.Data.Length, piece.IsLast);
                    Grant();
                    return piece;
                }

                if (_over)
                {
                    return _error is null ? null : throw new LinkStreamException(_error);
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>The terminal's newest size, once it is another; null after the end.</summary>
    public async ValueTask<StreamResize?> ReadSize(CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_over)
                {
                    return null;
                }

                if (_size is { } size)
                {
                    _size = null;
                    return size;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>Says that the request is accepted, before there are bytes.</summary>
    public void Accept() => SendPiece(0, last: false);

    /// <summary>Ends one channel of this direction; the rest goes on. A second end changes nothing.</summary>
    public void Close(uint channel = 0)
    {
        lock (_gate)
        {
            if (!_shut[channel])
            {
                _shut[channel] = true;
                SendPiece(channel, last: true);
            }
        }
    }

    /// <summary>Tells the terminal's size.</summary>
    public void Resize(uint width, uint height)
    {
        lock (_gate)
        {
            if (!_over)
            {
                _send(new Envelope { StreamResize = new StreamResize { Width = width, Height = height } });
            }
        }
    }

    /// <summary>
    /// Sends bytes; waits for credit. Throws <see cref="LinkStreamException"/> when the other end is gone.
    /// </summary>
    public ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken cancel) => Write(0, data, cancel);

    /// <inheritdoc cref="Write(ReadOnlyMemory{byte}, CancellationToken)"/>
    public async ValueTask Write(uint channel, ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            while (!data.IsEmpty)
            {
                if (Take(channel, data, out var changed) is var taken && taken > 0)
                {
                    data = data[taken..];
                    continue;
                }

                await changed.WaitAsync(cancel);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Ends the stream: well when <paramref name="error"/> is null. A second end changes nothing.</summary>
    public void End(string? error = null, int? exitCode = null)
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            var end = new StreamEnd { Error = error ?? "", Offset = _sent };
            if (exitCode is { } code)
            {
                end.ExitCode = code;
            }

            _send(new Envelope { StreamEnd = end });
            Finish(error);
        }
    }

    public ValueTask DisposeAsync()
    {
        End("closed");
        _writing.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A message of this stream; on the link's loop.</summary>
    public void Receive(Envelope envelope)
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            switch (envelope.BodyCase)
            {
                case Envelope.BodyOneofCase.StreamData:
                    OnData(envelope.StreamData);
                    break;
                case Envelope.BodyOneofCase.StreamCredit:
                    _limit = Math.Max(_limit, envelope.StreamCredit.Limit);
                    Signal();
                    break;
                case Envelope.BodyOneofCase.StreamResize:
                    _size = envelope.StreamResize;
                    Signal();
                    break;
                case Envelope.BodyOneofCase.StreamEnd:
                    var end = envelope.StreamEnd;
                    ExitCode = end.HasExitCode ? end.ExitCode : null;
                    var hole = end.Error.Length == 0 && end.Offset != _arrived;
                    Finish(hole ? "bytes were lost before the end" : end.Error.Length > 0 ? end.Error : null);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The session is gone; nothing can be sent any more.</summary>
    public void Abort(string error)
    {
        lock (_gate)
        {
            if (!_over)
            {
                Finish(error);
            }
        }
    }

    public void GrantFirst() =>
        _send(new Envelope { StreamCredit = new StreamCredit { Limit = WindowBytes } });

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int Take(uint channel, ReadOnlyMemory<byte> data, out Task changed)
    {
        lock (_gate)
        {
            changed = _changed.Task;
            if (_over)
            {
                throw new LinkStreamException(_error ?? "the stream has ended");
            }

            var room = _limit > _sent ? _limit - _sent : 0;
            var taken = (int)Math.Min((ulong)Math.Min(data.Length, PieceBytes), room);
            if (taken > 0)
            {
                var piece = ByteString.CopyFrom(data.Span[..taken]);
                _send(new Envelope
                {
                    StreamData = new StreamData { Offset = _sent, Data = piece, Channel = channel },
                });
                _sent += (ulong)taken;
            }

            return taken;
        }
    }

    private void SendPiece(uint channel, bool last)
    {
        lock (_gate)
        {
            if (!_over)
            {
                _send(new Envelope
                {
                    StreamData = new StreamData { Offset = _sent, Channel = channel, Last = last },
                });
                _sent += Weight(0, last);
            }
        }
    }

    /// <summary>The end of a channel counts as a byte, without credit, so that its loss is a hole too.</summary>
    private static ulong Weight(int bytes, bool isLast) => (ulong)bytes + (isLast ? 1UL : 0);

    private void OnData(StreamData data)
    {
        if (data.Offset < _arrived)
        {
            return;
        }

        var error = data.Offset > _arrived ? "bytes were lost"
            : _arrived + (ulong)data.Data.Length > _granted + ChannelsMax ? "more bytes than the credit allows"
            : data.Channel >= ChannelsMax ? $"there is no channel {data.Channel}"
            : _closed[data.Channel] ? "bytes after the last"
            : null;
        if (error is not null)
        {
            _send(new Envelope { StreamEnd = new StreamEnd { Error = error, Offset = _sent } });
            Finish(error);
            return;
        }

        _arrived += Weight(data.Data.Length, data.Last);
        _closed[data.Channel] = data.Last;
        if (data.Data.IsEmpty && !data.Last)
        {
            if (_accepted)
            {
                return;
            }

            _accepted = true;
        }

        if (_newest[data.Channel]?.TryAppend(data.Data.Memory, data.Last) != true)
        {
            var piece = new StreamPiece(data.Channel, data.Data.Memory, data.Last);
            _newest[data.Channel] = piece;
            _received.Enqueue(piece);
        }

        Signal();
    }

    /// <summary>Gives new credit when half of the window was consumed: one message per 128 KiB.</summary>
    private void Grant()
    {
        if (!_over && _consumed + WindowBytes - _granted >= WindowBytes / 2)
        {
            _granted = _consumed + WindowBytes;
            _send(new Envelope { StreamCredit = new StreamCredit { Limit = _granted } });
        }
    }

    private void Finish(string? error)
    {
        (_over, _error) = (true, error);
        Signal();
        // Handlers of the token must not run under the gate.
        ThreadPool.UnsafeQueueUserWorkItem(ended => ended.Cancel(), _ended, preferLocal: false);
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }
}

/// <summary>A stream ended badly: the other side said why, or the session was lost.</summary>
public class LinkStreamException(string message) : Exception(message);
