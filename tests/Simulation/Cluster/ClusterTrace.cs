using System.Globalization;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>What happened, as one hash, and the last of it as text.</summary>
internal sealed class ClusterTrace(SimClock clock, bool keepsAll)
{
    private const int LinesKept = 150;
    private const ulong Prime = 0x100000001b3;

    private readonly Queue<string> _lines = new();
    private ulong _hash = 0xcbf29ce484222325;

    public string Hash => _hash.ToString("x16", CultureInfo.InvariantCulture);

    public string Text => string.Join('\n', _lines);

    public void Note(string what)
    {
        _hash = (_hash ^ (ulong)clock.Now) * Prime;
        foreach (var letter in what)
        {
            _hash = (_hash ^ letter) * Prime;
        }

        if (!keepsAll && _lines.Count == LinesKept)
        {
            _lines.Dequeue();
        }

        _lines.Enqueue($"{clock.Elapsed:d\\.hh\\:mm\\:ss\\.fff} {what}");
    }
}
