namespace Edge.Tests.Simulation.Workloads;

/// <summary>The server's database in memory-backed files: a flush costs nothing, and a crash is a copy.</summary>
internal sealed class SimDisk : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateDirectory(
        System.IO.Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath(),
            "edge-sim-" + Guid.NewGuid().ToString("N")));

    private int _life;

    public string Path => System.IO.Path.Combine(_directory.FullName, $"edge{_life}.db");

    /// <summary>The next life finds what was on the disk: the file first, then its log, which only grows.</summary>
    public void Cut()
    {
        var before = Path;
        _life++;
        foreach (var end in new[] { "", "-wal" })
        {
            if (File.Exists(before + end))
            {
                using var from = new FileStream(before + end, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var to = File.Create(Path + end);
                from.CopyTo(to);
            }
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
