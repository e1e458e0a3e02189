namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// The two streams of one container, the file they go to and who else gets them. Guarded by the poller's lock.
/// </summary>
internal sealed class LogSource(string id, Fifo output, Fifo error, LogFile file, bool isTerminal) : IDisposable
{
    private bool _outputEnded;
    private bool _errorEnded;

    public string Id { get; } = id;

    public Fifo Output { get; } = output;

    public Fifo Error { get; } = error;

    public LogFile File { get; } = file;

    /// <summary>Bytes that could not be written.</summary>
    public long Dropped { get; set; }

    private bool IsTerminal { get; } = isTerminal;

    public List<LogTap> Taps { get; } = [];

    /// <summary>Somebody at the container takes its output too slowly for the moment.</summary>
    public bool IsHeld
    {
        get
        {
            foreach (var tap in Taps)
            {
                if (tap.IsFull)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Negative descriptors are skipped by poll.</summary>
    public int OutputFd => _outputEnded || IsHeld ? -1 : Output.Fd;

    public int ErrorFd => _errorEnded || IsHeld ? -1 : Error.Fd;

    public bool HasEnded(Fifo fifo) => ReferenceEquals(fifo, Output) ? _outputEnded : _errorEnded;

    /// <summary>
    /// Called when a read gave nothing. Without this, a stream whose writers are gone would wake poll for ever.
    /// </summary>
    public void Ended(Fifo fifo, bool ended)
    {
        if (ReferenceEquals(fifo, Output))
        {
            _outputEnded |= ended;
        }
        else
        {
            _errorEnded |= ended;
        }

        foreach (var tap in Taps)
        {
            EndOn(tap);
        }
    }

    public void Add(LogTap tap)
    {
        Taps.Add(tap);
        EndOn(tap);
    }

    public void Offer(Fifo fifo, ReadOnlySpan<byte> data)
    {
        foreach (var tap in Taps)
        {
            tap.Offer(ReferenceEquals(fifo, Output) ? 0 : 1, data);
        }
    }

    public void Dispose()
    {
        foreach (var tap in Taps)
        {
            tap.End(0);
            tap.End(1);
        }

        Output.Dispose();
        Error.Dispose();
        File.Dispose();
    }

    /// <summary>A terminal's process has no standard error: nobody ever opens it, and it would never end.</summary>
    private void EndOn(LogTap tap)
    {
        if (_outputEnded)
        {
            tap.End(0);
        }

        if (_errorEnded || (_outputEnded && IsTerminal))
        {
            tap.End(1);
        }
    }
}
