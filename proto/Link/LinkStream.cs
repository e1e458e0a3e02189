using Google.Protobuf;

namespace Edge.Proto.Link;

/// <summary>
/// One end of a byte stream over the link. The writer waits until the reader has given credit;
/// a lost session or a hole in the bytes ends the stream with an error. Safe from any thread.
/// </summary>
public sealed class LinkStream : IAsyncDisposable
{
    /// <summary>
    /// Bytes on their way to a reader: fills a mobile link's round trip, and bounds a stalled reader.
    /// </summary>
    public const int WindowBytes = 256 * 1024;

    /// <summary>One message: with envelope and topic it stays below 64 KiB.</summary>
    private const int PieceBytes = 32 * 1024;

    private readonly Action<Envelope> _send;
    private readonly Lock _gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> _received = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _changed = NewSignal();
    private ulong _sent;
    private ulong _limit;
    private ulong _arrived;
    private ulong _consumed;
    private ulong _granted = WindowBytes;
    private bool _over;
    private string? _error;

    /// <summary>
    /// The send delegate puts the message on the stream's topic within the session; it must not block.
    /// </summary>
    public LinkStream(Action<Envelope> send, ulong credit) => (_send, _limit) = (send, credit);

    /// <summary>Cancelled as soon as the stream has ended, by either side.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>
    /// The next bytes, or null after the good end. Throws <see cref="LinkStreamException"/> after a bad one.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>?> Read(CancellationToken cancel)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_received.TryDequeue(out var data))
                {
                    _consumed += (ulong)data.Length;
                    Grant();
                    return data;
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

    /// <summary>
    /// Sends bytes; waits for credit. Throws <see cref="LinkStreamException"/> when the other end is gone.
    /// </summary>
    public async ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            while (!data.IsEmpty)
            {
                if (Take(data, out var changed) is var taken && taken > 0)
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
    public void End(string? error = null)
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            _send(new Envelope { StreamEnd = new StreamEnd { Error = error ?? "", Offset = _sent } });
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
                case Envelope.BodyOneofCase.StreamEnd:
                    var end = envelope.StreamEnd;
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

    private int Take(ReadOnlyMemory<byte> data, out Task changed)
    {
        lock (_gate)
        {
            changed = _changed.Task;
            if (_over)
            {
                throw new LinkStreamException(_error ?? "the stream has ended");
            }

            var taken = (int)Math.Min((ulong)Math.Min(data.Length, PieceBytes), _limit - _sent);
            if (taken > 0)
            {
                var piece = ByteString.CopyFrom(data.Span[..taken]);
                _send(new Envelope { StreamData = new StreamData { Offset = _sent, Data = piece } });
                _sent += (ulong)taken;
            }

            return taken;
        }
    }

    private void OnData(StreamData data)
    {
        if (data.Offset < _arrived)
        {
            return;
        }

        if (data.Offset > _arrived || _arrived + (ulong)data.Data.Length > _granted)
        {
            var error = data.Offset > _arrived ? "bytes were lost" : "more bytes than the credit allows";
            _send(new Envelope { StreamEnd = new StreamEnd { Error = error, Offset = _sent } });
            Finish(error);
            return;
        }

        _arrived += (ulong)data.Data.Length;
        _received.Enqueue(data.Data.Memory);
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
public sealed class LinkStreamException(string message) : Exception(message);
