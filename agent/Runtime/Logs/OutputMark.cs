namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// Beside a container's FIFOs: where its output goes. With it whoever finds them can drain them, with neither
/// containerd nor the ledger.
/// </summary>
internal sealed record OutputMark(string LogPath, bool IsTerminal)
{
    private const string FileName = "log";
    private const string Terminal = "terminal";

    /// <summary>In one move: who looks meanwhile sees the whole mark or none.</summary>
    public void Write(string fifoDirectory)
    {
        var path = Path.Combine(fifoDirectory, FileName);
        if (!File.Exists(path))
        {
            File.WriteAllText(path + ".new", IsTerminal ? $"{LogPath}\n{Terminal}\n" : $"{LogPath}\n");
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    /// <summary>Null where there is none, or it goes while it is read.</summary>
    public static OutputMark? Read(string fifoDirectory)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(fifoDirectory, FileName)) is [var log, .. var rest]
                ? new OutputMark(log, rest is [Terminal])
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
