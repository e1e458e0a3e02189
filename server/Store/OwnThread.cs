namespace Edge.Server.Store;

/// <summary>
/// Runs an async loop, all that it awaits included, on one thread that does nothing else. For a loop that blocks: the
/// pool has hardly more threads than there are processors, and one that waits for a disk is missing to all others.
/// </summary>
internal sealed class OwnThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private bool _ended;

    private OwnThread()
    {
    }

    /// <summary>Ends, or faults, as the loop does.</summary>
    public static Task Run(string name, Func<Task> loop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => new OwnThread().Run(loop, ended)) { IsBackground = true, Name = name };
        thread.Start();
        return ended.Task;
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_posted)
        {
            _posted.Enqueue((d, state));
            Monitor.Pulse(_posted);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    public override SynchronizationContext CreateCopy() => this;

    private void Run(Func<Task> loop, TaskCompletionSource ended)
    {
        SetSynchronizationContext(this);
        var running = Follow(loop);
        while (Next() is var (callback, state))
        {
            callback(state);
        }

        // Not SetFromTask: a fault is the loop's own exception, as if nobody stood between.
        if (running.Exception is { } fault)
        {
            ended.SetException(fault.InnerExceptions);
        }
        else
        {
            ended.SetResult();
        }
    }

    private async Task Follow(Func<Task> loop)
    {
        try
        {
            await loop();
        }
        finally
        {
            lock (_posted)
            {
                _ended = true;
            }
        }
    }

    /// <summary>Waits; null when the loop has ended.</summary>
    private (SendOrPostCallback Callback, object? State)? Next()
    {
        lock (_posted)
        {
            while (!_ended && _posted.Count == 0)
            {
                Monitor.Wait(_posted);
            }

            return _ended ? null : _posted.Dequeue();
        }
    }
}
