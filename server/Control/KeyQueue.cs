using System.Threading.Channels;

namespace Edge.Server.Control;

/// <summary>
/// The keys a controller has to look at. A key that is added twice before it is taken is taken once; a key added while
/// it is being worked on is taken again afterwards, never at the same time (client-go's workqueue). Holds at most one
/// entry per existing key, which bounds it.
/// </summary>
internal sealed class KeyQueue(TimeProvider time) : IDisposable
{
    /// <summary>The first retry after a failure; doubles up to <see cref="RetryMax"/>.</summary>
    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(100);

    /// <summary>Slow enough to cost nothing, fast enough that a mended cause shows within a minute.</summary>
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

    /// <summary>The longest sleep; timers cannot sleep for the years that a deadline may be away.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Queue<string> _ready = [];

    /// <summary>Says that a key is ready, once however many are; whoever takes one passes it on.</summary>
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(1);

    private readonly HashSet<string> _dirty = [];
    private readonly HashSet<string> _processing = [];
    private readonly Dictionary<string, int> _failures = [];
    private readonly Dictionary<string, (DateTimeOffset Due, ITimer Timer)> _later = [];

    public void Add(string key)
    {
        lock (_gate)
        {
            if (_dirty.Add(key) && !_processing.Contains(key))
            {
                _ready.Enqueue(key);
                _signal.Writer.TryWrite(true);
            }
        }
    }

    /// <summary>
    /// Adds the key once the time, at most <see cref="WaitMax"/>, has passed; of several calls the earliest counts.
    /// </summary>
    public void AddAfter(string key, TimeSpan wait)
    {
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > WaitMax ? WaitMax : wait;
        var due = time.GetUtcNow() + wait;
        lock (_gate)
        {
            if (_later.TryGetValue(key, out var waiting))
            {
                if (waiting.Due <= due)
                {
                    return;
                }

                waiting.Timer.Dispose();
            }

            _later[key] = (due, time.CreateTimer(Fire, key, wait, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>The next key; the caller must give it back by <see cref="Done"/> or <see cref="Failed"/>.</summary>
    public async Task<string> Take(CancellationToken ct)
    {
        while (true)
        {
            await _signal.Reader.ReadAsync(ct);
            lock (_gate)
            {
                if (!_ready.TryDequeue(out var key))
                {
                    continue;
                }

                _dirty.Remove(key);
                _processing.Add(key);
                if (_ready.Count > 0)
                {
                    _signal.Writer.TryWrite(true);
                }

                return key;
            }
        }
    }

    public void Done(string key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
            Release(key);
        }
    }

    /// <summary>Gives the key back and adds it again after its back-off, which is returned.</summary>
    public TimeSpan Failed(string key)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
            var grown = RetryMin * Math.Pow(2, Math.Min(failures - 1, 20));
            wait = grown < RetryMax ? grown : RetryMax;
            Release(key);
        }

        AddAfter(key, wait);
        return wait;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (_, timer) in _later.Values)
            {
                timer.Dispose();
            }

            _later.Clear();
        }
    }

    private void Release(string key)
    {
        _processing.Remove(key);
        if (_dirty.Contains(key))
        {
            _ready.Enqueue(key);
            _signal.Writer.TryWrite(true);
        }
    }

    private void Fire(object? state)
    {
        var key = (string)state!;
        lock (_gate)
        {
            if (_later.Remove(key, out var waiting))
            {
                waiting.Timer.Dispose();
            }
        }

        Add(key);
    }
}
