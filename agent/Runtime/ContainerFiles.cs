using Edge.Agent.Runtime.Logs;

namespace Edge.Agent.Runtime;

/// <summary>
/// The agent's own files about containers. They are on tmpfs: after a reboot they are gone, and that absence is what
/// tells a container of before the reboot from one that was never started.
/// </summary>
internal sealed class ContainerFiles(RuntimeSettings settings)
{
    public string FifoDirectory(string id) => LogPaths.FifoDirectory(settings.RunDir, id);

    /// <summary>
    /// The further processes whose files are there, each with its container. Containers may go meanwhile.
    /// </summary>
    public IReadOnlyList<(string Container, string Process)> Execs()
    {
        var found = new List<(string, string)>();
        foreach (var path in Directories(Path.GetDirectoryName(FifoDirectory("x"))!, "*"))
        {
            foreach (var exec in Directories(path, "exec-*"))
            {
                found.Add((Path.GetFileName(path), Path.GetFileName(exec)));
            }
        }

        return found;
    }

    public bool Exists(string id) => Directory.Exists(FifoDirectory(id));

    public void Make(string id) => Directory.CreateDirectory(
        FifoDirectory(id), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>
    /// When the process was started, by the clock of then; null when it never was in this boot, or is being removed.
    /// </summary>
    public DateTimeOffset? StartedAt(string id)
    {
        try
        {
            return long.TryParse(File.ReadAllText(Marker(id)), out var ticks)
                ? new DateTimeOffset(ticks, TimeSpan.Zero)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>In one move: who looks meanwhile sees the whole marker or none.</summary>
    public void MarkStarted(string id, DateTimeOffset at)
    {
        var draft = Marker(id) + ".new";
        File.WriteAllText(draft, $"{at.UtcTicks}");
        File.Move(draft, Marker(id), overwrite: true);
    }

    public void Remove(string id)
    {
        if (Exists(id))
        {
            Directory.Delete(FifoDirectory(id), recursive: true);
        }
    }

    /// <summary>The log file that belongs to a container, from its labels.</summary>
    public LogFile Log(IReadOnlyDictionary<string, string> labels)
    {
        var path = LogPaths.LogFile(
            settings.DataDir,
            labels.GetValueOrDefault(ContainerLabels.PodNamespace, ""),
            labels.GetValueOrDefault(ContainerLabels.PodName, ""),
            labels.GetValueOrDefault(ContainerLabels.PodUid, ""),
            labels.GetValueOrDefault(ContainerLabels.ContainerName, ""),
            int.TryParse(labels.GetValueOrDefault(ContainerLabels.Attempt), out var attempt) ? attempt : 0);
        return new LogFile(path, settings.LogFileBytesMax, settings.LogFilesMax);
    }

    /// <summary>
    /// Keeps the logs of this attempt and the one before (`logs --previous`), so that they stay bounded.
    /// </summary>
    public void ForgetOldLogs(ContainerRequest request)
    {
        var meta = request.Pod.Metadata;
        var current = LogPaths.LogFile(
            settings.DataDir, meta.Namespace ?? "", meta.Name ?? "", meta.Uid ?? "", request.Container.Name,
            request.Attempt);
        var directory = Path.GetDirectoryName(current)!;
        if (!Directory.Exists(directory))
        {
            return;
        }

        foreach (var file in Directory.GetFiles(directory))
        {
            var name = Path.GetFileName(file).Split('.')[0];
            if (int.TryParse(name, out var attempt) && attempt < request.Attempt - 1)
            {
                File.Delete(file);
            }
        }
    }

    private string Marker(string id) => Path.Combine(FifoDirectory(id), "started");

    private static string[] Directories(string path, string pattern)
    {
        try
        {
            return Directory.GetDirectories(path, pattern);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
