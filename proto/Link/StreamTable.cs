namespace Edge.Proto.Link;

/// <summary>The open streams of one session, by id. Not thread-safe.</summary>
public sealed class StreamTable
{
    /// <summary>
    /// Streams of one node: people who read logs, shells, and the connections through forwarded ports.
    /// </summary>
    public const int StreamsMax = 128;

    private readonly Dictionary<string, LinkStream> _streams = new(StringComparer.Ordinal);

    public bool IsFull
    {
        get
        {
            foreach (var (id, stream) in _streams.ToList())
            {
                if (stream.Ended.IsCancellationRequested)
                {
                    _streams.Remove(id);
                }
            }

            return _streams.Count >= StreamsMax;
        }
    }

    public LinkStream? Find(string id) => _streams.GetValueOrDefault(id);

    public void Add(string id, LinkStream stream) => _streams[id] = stream;

    /// <summary>The session ended, and with it all its streams.</summary>
    public void Abort(string error)
    {
        foreach (var stream in _streams.Values)
        {
            stream.Abort(error);
        }

        _streams.Clear();
    }
}
