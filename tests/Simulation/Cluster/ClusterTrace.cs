namespace Edge.Tests.Simulation.Cluster;

/// <summary>What happened, as one hash, and the last of it as text.</summary>
internal sealed class ClusterTrace(SimClock clock, bool keepsAll)
{
    private const int LinesKept = 150;
    private const ulong Prime = 0x100000001b3;

    private readonly Queue<(TimeSpan At, string What)> _lines = new();

    public ulong Hash { get; private set; } = 0xcbf29ce484222325;

    public string Text =>
        string.Join('\n', _lines.Select(line => $"{line.At:d\\.hh\\:mm\\:ss\\.fff} {line.What}"));

    public void Note(string what)
    {
        Hash = (Hash ^ (ulong)clock.Now) * Prime;
        foreach (var letter in what)
        {
            Hash = (Hash ^ letter) * Prime;
        }

        if (!keepsAll && _lines.Count == LinesKept)
        {
            _lines.Dequeue();
        }

        _lines.Enqueue((clock.Elapsed, what));
    }
}
