namespace Edge.Agent.Runtime.Logs;

/// <summary>The two streams of one container and the file they go to. Guarded by the poller's lock.</summary>
internal sealed class LogSource(string id, Fifo output, Fifo error, LogFile file) : IDisposable
{
    private bool _outputEnded;
    private bool _errorEnded;

    public string Id { get; } = id;

    public Fifo Output { get; } = output;

    public Fifo Error { get; } = error;

    public LogFile File { get; } = file;

    /// <summary>Bytes that could not be written.</summary>
    public long Dropped { get; set; }

    /// <summary>Negative descriptors are skipped by poll.</summary>
    public int OutputFd => _outputEnded ? -1 : Output.Fd;

    public int ErrorFd => _errorEnded ? -1 : Error.Fd;

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
    }

    public void Dispose()
    {
        Output.Dispose();
        Error.Dispose();
        File.Dispose();
    }
}
