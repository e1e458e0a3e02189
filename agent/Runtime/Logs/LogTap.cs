namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// What a container writes from now on, for somebody who is at it. Who takes it slowly slows the container down, as a
/// terminal would, but only for a while: then he is cut off, and the container goes on. Safe from any thread.
/// </summary>
internal sealed class LogTap(Action taken, TimeProvider clock)
{
    /// <summary>
    /// With so much waiting the container's output is not read any more; what was being read, at most a pipe of each
    /// stream, still comes on top.
    /// </summary>
    public const int FullBytes = 256 * 1024;

    /// <summary>Longer than a mobile link is usually silent, shorter than a service can be held up.</summary>
    private static readonly TimeSpan StallMax = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Queue<byte[]>[] _waiting = [new(), new()];
    private readonly int[] _offset = [0, 0];
    private readonly bool[] _ended = [false, false];
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = NewSignal();
    private long _bytes;
    private long _lastTaken = clock.GetTimestamp();
    private string? _cut;

    /// <summary>Done when nothing more can come on either stream; what waits can still be read.</summary>
    public Task Over => _over.Task;

    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _cut is null && _bytes >= FullBytes;
            }
        }
    }

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
                    return Take(channel, buffer);
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

            if (_bytes == 0)
            {
                _lastTaken = clock.GetTimestamp();
            }

            _waiting[channel].Enqueue(data.ToArray());
            _bytes += data.Length;
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
            if (_bytes >= FullBytes && clock.GetElapsedTime(_lastTaken) >= StallMax)
            {
                _cut = $"nothing of the container's output was taken for {StallMax.TotalSeconds} s";
                _waiting[0].Clear();
                _waiting[1].Clear();
                _bytes = 0;
                _over.TrySetResult();
                Signal();
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int Take(int channel, Memory<byte> buffer)
    {
        var next = _waiting[channel].Peek().AsMemory(_offset[channel]);
        var count = Math.Min(buffer.Length, next.Length);
        next[..count].CopyTo(buffer);
        _offset[channel] += count;
        if (count == next.Length)
        {
            _waiting[channel].Dequeue();
            _offset[channel] = 0;
        }

        var wasFull = _bytes >= FullBytes;
        _bytes -= count;
        _lastTaken = clock.GetTimestamp();
        if (wasFull && _bytes < FullBytes)
        {
            taken();
        }

        return count;
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }
}
