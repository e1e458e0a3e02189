namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// What a container writes from now on, for somebody who is at it. Who takes it slowly slows the container down, as a
/// terminal would, but only for a while: then he is cut off, and the container goes on. Safe from any thread.
/// </summary>
internal sealed class LogTap(Action taken, TimeProvider clock)
{
    /// <summary>
    /// With so much waiting the container's output is not read any more, until the container ends: then what is in its
    /// pipes still comes on top.
    /// </summary>
    public const int FullBytes = 256 * 1024;

    /// <summary>
    /// Both pipes and what was being read fit. More can only come of processes that outlive the container's and write
    /// faster than its pipes are emptied; then whoever is slow is cut off.
    /// </summary>
    public const int HeldBytesMax = FullBytes + 3 * Fifo.PipeBytes;

    /// <summary>Longer than a mobile link is usually silent, shorter than a service can be held up.</summary>
    private static readonly TimeSpan StallMax = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly WaitingBytes[] _waiting = [new(), new()];
    private readonly bool[] _ended = [false, false];
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = NewSignal();
    private long _lastTaken = clock.GetTimestamp();
    private string? _cut;

    /// <summary>
    /// Done when nothing more can come on either stream; what waits can still be read. Fails when it was cut off.
    /// </summary>
    public Task Over => _over.Task;

    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return Held >= FullBytes;
            }
        }
    }

    private int Held => _waiting[0].Count + _waiting[1].Count;

    /// <summary>Zero after the stream's end.</summary>
    /// <exception cref="RuntimeException">It was cut off.</exception>
    public async ValueTask<int> Read(int channel, Memory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_cut is { } why)
                {
                    throw new RuntimeException(RuntimeReason.Refused, why);
                }

                if (_waiting[channel].Count > 0)
                {
                    return Take(channel, buffer.Span);
                }

                if (_ended[channel])
                {
                    return 0;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(token);
        }
    }

    public void Offer(int channel, ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_cut is not null || data.IsEmpty)
            {
                return;
            }

            if (data.Length > HeldBytesMax - Held)
            {
                Cut($"more than {HeldBytesMax} bytes of the container's output wait");
                return;
            }

            if (Held == 0)
            {
                _lastTaken = clock.GetTimestamp();
            }

            _waiting[channel].Add(data);
            Signal();
        }
    }

    public void End(int channel)
    {
        lock (_gate)
        {
            _ended[channel] = true;
            if (_ended[0] && _ended[1])
            {
                _over.TrySetResult();
            }

            Signal();
        }
    }

    /// <summary>Cuts off who took nothing for too long while it was full.</summary>
    public void CutWhenStalled()
    {
        lock (_gate)
        {
            if (Held >= FullBytes && clock.GetElapsedTime(_lastTaken) >= StallMax)
            {
                Cut($"nothing of the container's output was taken for {StallMax.TotalSeconds} s");
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int Take(int channel, Span<byte> buffer)
    {
        var wasFull = Held >= FullBytes;
        var count = _waiting[channel].Take(buffer);
        _lastTaken = clock.GetTimestamp();
        if (wasFull && Held < FullBytes)
        {
            taken();
        }

        return count;
    }

    private void Cut(string why)
    {
        _cut = why;
        _waiting[0].Clear();
        _waiting[1].Clear();
        _over.TrySetException(new RuntimeException(RuntimeReason.Refused, why));
        Signal();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }
}
