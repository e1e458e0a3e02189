namespace Edge.Tests.Simulation.Workloads;

/// <summary>
/// Runs everything that awaits on the calling thread, in an order that a seed decides: the same seed gives the same
/// interleaving, and what has not been run yet when a process is given up is what a crash loses.
/// </summary>
internal sealed class Pump(Random random) : SynchronizationContext
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Lock _gate = new();
    private List<(SendOrPostCallback Callback, object? State)> _waiting = [];

    /// <summary>Nothing waits to be run.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count == 0;
            }
        }
    }

    /// <summary>Nobody waits for what comes from other threads any more: loops that end hand over to them.</summary>
    public bool IsEnding { get; set; }

    public override SynchronizationContext CreateCopy() => this;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsEnding && _thread != Environment.CurrentManagedThreadId)
        {
            return;
        }

        if (_thread != Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException("whoever leaves the thread leaves the order that the seed decides");
        }

        lock (_gate)
        {
            _waiting.Add((d, state));
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <summary>Runs at most so many continuations; true when none is left.</summary>
    public bool Run(int most)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            for (var count = 0; count < most; count++)
            {
                if (Take() is not { } next)
                {
                    return true;
                }

                next.Callback(next.State);
            }

            return false;
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Starts something whose continuations are to run here.</summary>
    public T Start<T>(Func<T> start)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            return start();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs until the task is done.</summary>
    /// <exception cref="InvalidOperationException">Nothing is left to run, and it is not done.</exception>
    public T Finish<T>(Func<Task<T>> start)
    {
        var task = Start(start);
        while (!task.IsCompleted)
        {
            if (Run(1) && !task.IsCompleted)
            {
                throw new InvalidOperationException("the task waits for something that nobody does");
            }
        }

        return task.GetAwaiter().GetResult();
    }

    /// <summary>What waits is lost.</summary>
    public void Crash()
    {
        lock (_gate)
        {
            _waiting = [];
        }
    }

    private (SendOrPostCallback Callback, object? State)? Take()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                return null;
            }

            // Order between independent continuations is nobody's promise.
            var at = random.Next(_waiting.Count);
            var taken = _waiting[at];
            _waiting[at] = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            return taken;
        }
    }
}
