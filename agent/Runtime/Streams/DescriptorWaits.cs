using System.Runtime.InteropServices;

namespace Edge.Agent.Runtime.Streams;

/// <summary>
/// Waits until pipes can be read or written, without a thread for each: one thread sleeps in poll(2) for all, and ends
/// soon after nothing is waited for. Safe from any thread.
/// </summary>
internal sealed class DescriptorWaits
{
    /// <summary>A stream waits again within less; without one the thread must not stay.</summary>
    private const int LingerMilliseconds = 2000;

    private readonly Lock _gate = new();
    private readonly List<Waiter> _waiting = [];
    private int _wake = -1;

    /// <summary>Returns when the descriptor can be read, or has no writer any more.</summary>
    public Task UntilReadable(int descriptor, CancellationToken token) => Until(descriptor, Libc.PollIn, token);

    /// <summary>Returns when the descriptor takes bytes.</summary>
    public Task UntilWritable(int descriptor, CancellationToken token) => Until(descriptor, Libc.PollOut, token);

    private async Task Until(int descriptor, short events, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        var waiter = new Waiter(new Libc.PollEntry { Fd = descriptor, Events = events });
        lock (_gate)
        {
            _waiting.Add(waiter);
            if (_wake < 0)
            {
                _wake = Libc.EventFd(0, Libc.OpenNonBlock | Libc.OpenCloseOnExec);
                new Thread(Run) { IsBackground = true, Name = "streams" }.Start();
            }

            Wake();
        }

        await using var cancelled = token.Register(() => Give(waiter, token));
        await waiter.Ready.Task;
    }

    /// <summary>The caller may close the descriptor next, so poll must let go of it.</summary>
    private void Give(Waiter waiter, CancellationToken token)
    {
        lock (_gate)
        {
            _waiting.Remove(waiter);
            Wake();
        }

        waiter.Ready.TrySetCanceled(token);
    }

    private void Wake()
    {
        if (_wake >= 0)
        {
            Span<byte> one = stackalloc byte[8];
            MemoryMarshal.Write(one, 1UL);
            Libc.Write(_wake, one, one.Length);
        }
    }

    private void Run()
    {
        Span<byte> count = stackalloc byte[8];
        while (true)
        {
            Waiter[] waiting;
            int wake;
            lock (_gate)
            {
                waiting = [.. _waiting];
                wake = _wake;
            }

            var entries = new Libc.PollEntry[1 + waiting.Length];
            entries[0] = new Libc.PollEntry { Fd = wake, Events = Libc.PollIn };
            for (var i = 0; i < waiting.Length; i++)
            {
                entries[1 + i] = waiting[i].Entry;
            }

            var timeout = waiting.Length == 0 ? LingerMilliseconds : -1;
            var seen = Libc.Poll(entries, (nuint)entries.Length, timeout);
            if (seen == 0 && TryEnd())
            {
                return;
            }

            Libc.Read(wake, count, count.Length);
            for (var i = 0; seen > 0 && i < waiting.Length; i++)
            {
                if (entries[1 + i].Seen != 0)
                {
                    Done(waiting[i]);
                }
            }
        }
    }

    private void Done(Waiter waiter)
    {
        lock (_gate)
        {
            _waiting.Remove(waiter);
        }

        waiter.Ready.TrySetResult();
    }

    private bool TryEnd()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0)
            {
                return false;
            }

            Libc.Close(_wake);
            _wake = -1;
            return true;
        }
    }

    private sealed class Waiter(Libc.PollEntry entry)
    {
        public Libc.PollEntry Entry { get; } = entry;

        public TaskCompletionSource Ready { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
