using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// Drains the output of all containers into their log files by one thread that sleeps in poll(2). While nothing is
/// written, nothing happens.
/// </summary>
internal sealed class ContainerLogs : IDisposable
{
    /// <summary>One turn per stream, so that a chatty container does not starve the others.</summary>
    private const int ReadBytes = 128 * 1024;

    /// <summary>How often those are looked at who hold a container up; only while there are any.</summary>
    private const int HeldMilliseconds = 1000;

    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LogSource> _sources = [];
    /// <summary>Of the descriptor alone, and taken last: the number of a closed one is soon somebody else's.</summary>
    private readonly Lock _wakeGate = new();
    private int _wake;
    private readonly Thread _thread;
    private readonly byte[] _buffer = new byte[ReadBytes];
    private readonly ArrayBufferWriter<byte> _lines = new(ReadBytes);
    private bool _stopping;
    private long _written;
    private long _turns;
    private long _turnsSeen = -1;

    public ContainerLogs(TimeProvider clock, ILogger log)
    {
        (_clock, _log) = (clock, log);
        _wake = Libc.EventFd(0, Libc.OpenNonBlock | Libc.OpenCloseOnExec);
        _thread = new Thread(Run) { IsBackground = true, Name = "container-logs" };
        _thread.Start();
    }

    /// <summary>
    /// Opens the FIFOs in <paramref name="fifoDirectory"/> (made when absent) and drains them into the file. Must be
    /// done before the task is created, which waits for a reader. Attached already is done.
    /// </summary>
    public void Attach(string id, string fifoDirectory, LogFile file, bool isTerminal)
    {
        lock (_gate)
        {
            if (_sources.TryGetValue(id, out var attached))
            {
                if (!attached.HasEnded(attached.Output) && !attached.HasEnded(attached.Error))
                {
                    file.Dispose();
                    return;
                }

                // A task that failed to be created left ended streams; the next one writes to new ends.
                attached.Dispose();
                _sources.Remove(id);
            }

            Directory.CreateDirectory(
                fifoDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var output = Fifo.Open(Path.Combine(fifoDirectory, "stdout"));
            var error = Fifo.Open(Path.Combine(fifoDirectory, "stderr"));
            _sources[id] = new LogSource(id, output, error, file, isTerminal);
            new OutputMark(file.Name, isTerminal).Write(fifoDirectory);
        }

        Wake();
    }

    /// <summary>Drains whatever a process before this one drained, as it was marked then.</summary>
    public void AttachLeft(string runDir, RuntimeSettings settings)
    {
        foreach (var directory in LogPaths.FifoDirectories(runDir))
        {
            if (OutputMark.Read(directory) is { } mark)
            {
                Attach(
                    Path.GetFileName(directory), directory,
                    new LogFile(mark.LogPath, settings.LogFileBytesMax, settings.LogFilesMax), mark.IsTerminal);
            }
        }
    }

    /// <summary>Containers whose output is drained.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _sources.Count;
            }
        }
    }

    /// <summary>
    /// Whether the poller still turns: false when it has not since this was asked last. For one caller, who leaves it
    /// time in between.
    /// </summary>
    public bool IsTurning()
    {
        var turns = Interlocked.Read(ref _turns);
        var turning = turns != _turnsSeen;
        _turnsSeen = turns;
        Wake();
        return turning;
    }

    /// <summary>Bytes of all log files that were written in this process.</summary>
    public long BytesWritten => Interlocked.Read(ref _written);

    /// <summary>What the container writes from now on; null when its output is not followed here.</summary>
    public LogTap? Tap(string id)
    {
        lock (_gate)
        {
            if (!_sources.TryGetValue(id, out var source))
            {
                return null;
            }

            var tap = new LogTap(Wake, _clock);
            source.Add(tap);
            return tap;
        }
    }

    public void Untap(string id, LogTap tap)
    {
        lock (_gate)
        {
            if (_sources.TryGetValue(id, out var source))
            {
                source.Taps.Remove(tap);
            }
        }

        Wake();
    }

    /// <summary>Takes what is still in the FIFOs and closes them.</summary>
    public void Detach(string id)
    {
        lock (_gate)
        {
            if (_sources.Remove(id, out var source))
            {
                Drain(source, source.Output, "stdout", untilEmpty: true);
                Drain(source, source.Error, "stderr", untilEmpty: true);
                source.Dispose();
            }
        }

        Wake();
    }

    /// <summary>Takes what is in the FIFOs now: whatever the process wrote before it was seen to exit.</summary>
    public void Flush(string id)
    {
        lock (_gate)
        {
            if (_sources.TryGetValue(id, out var source))
            {
                Drain(source, source.Output, "stdout", untilEmpty: true);
                Drain(source, source.Error, "stderr", untilEmpty: true);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        Wake();
        _thread.Join();
        foreach (var source in _sources.Values)
        {
            source.Dispose();
        }

        lock (_wakeGate)
        {
            if (_wake >= 0)
            {
                Libc.Close(_wake);
                _wake = -1;
            }
        }
    }

    private void Run()
    {
        Span<byte> count = stackalloc byte[8];
        while (true)
        {
            LogSource[] sources;
            Libc.PollEntry[] entries;
            bool held;
            lock (_gate)
            {
                if (_stopping)
                {
                    return;
                }

                sources = [.. _sources.Values];
                held = CutStalled(sources);
                entries = Entries(sources);
            }

            if (Libc.Poll(entries, (nuint)entries.Length, held ? HeldMilliseconds : -1) < 0)
            {
                continue;
            }

            Libc.Read(_wake, count, count.Length);
            DrainReady(sources, entries);
            Interlocked.Increment(ref _turns);
        }
    }

    /// <summary>The first entry is the wake-up; each source then has two. Ended streams are skipped by poll.</summary>
    private Libc.PollEntry[] Entries(LogSource[] sources)
    {
        var entries = new Libc.PollEntry[1 + 2 * sources.Length];
        entries[0] = new Libc.PollEntry { Fd = _wake, Events = Libc.PollIn };
        for (var i = 0; i < sources.Length; i++)
        {
            entries[1 + 2 * i] = new Libc.PollEntry { Fd = sources[i].OutputFd, Events = Libc.PollIn };
            entries[2 + 2 * i] = new Libc.PollEntry { Fd = sources[i].ErrorFd, Events = Libc.PollIn };
        }

        return entries;
    }

    /// <summary>Whether anybody holds a container up.</summary>
    private static bool CutStalled(LogSource[] sources)
    {
        var held = false;
        foreach (var source in sources)
        {
            foreach (var tap in source.Taps)
            {
                tap.CutWhenStalled();
            }

            held |= source.IsHeld;
        }

        return held;
    }

    private void DrainReady(LogSource[] sources, Libc.PollEntry[] entries)
    {
        lock (_gate)
        {
            for (var i = 0; i < sources.Length; i++)
            {
                var source = sources[i];
                if (!_sources.ContainsKey(source.Id))
                {
                    continue;
                }

                if (entries[1 + 2 * i].Seen != 0)
                {
                    Drain(source, source.Output, "stdout", untilEmpty: false);
                }

                if (entries[2 + 2 * i].Seen != 0)
                {
                    Drain(source, source.Error, "stderr", untilEmpty: false);
                }
            }
        }
    }

    /// <summary>A full disk must not stall the container: what cannot be written is dropped and counted.</summary>
    private void Drain(LogSource source, Fifo fifo, string stream, bool untilEmpty)
    {
        while (!source.HasEnded(fifo))
        {
            var got = fifo.Read(_buffer);
            if (got <= 0)
            {
                source.Ended(fifo, got == 0);
                return;
            }

            source.Offer(fifo, _buffer.AsSpan(0, got));
            _lines.ResetWrittenCount();
            CriLine.Format(_buffer.AsSpan(0, got), stream, _clock.GetUtcNow(), _lines);
            try
            {
                source.File.Append(_lines.WrittenSpan);
                Interlocked.Add(ref _written, _lines.WrittenCount);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                source.Dropped += got;
                RuntimeLog.LogDropped(_log, source.Id, source.Dropped, e.Message);
            }

            if (!untilEmpty)
            {
                return;
            }
        }
    }

    /// <summary>Any time, also after the end: a tap may be given back late.</summary>
    private void Wake()
    {
        lock (_wakeGate)
        {
            if (_wake >= 0)
            {
                Span<byte> one = stackalloc byte[8];
                MemoryMarshal.Write(one, 1UL);
                Libc.Write(_wake, one, one.Length);
            }
        }
    }
}
