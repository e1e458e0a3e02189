namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>What the kernel shows of processes and mounts, found by a mark that is the fleet's alone.</summary>
public static class Machine
{
    /// <summary>
    /// Processes whose command line names the mark. The test's own shells do not: they are children of ours.
    /// </summary>
    public static IReadOnlyList<int> ProcessesNaming(string mark) =>
        Processes("cmdline", text => text.Replace('\0', ' ').Contains(mark, StringComparison.Ordinal));

    /// <summary>Processes inside a cgroup whose path names the mark.</summary>
    public static IReadOnlyList<int> ProcessesInCgroup(string mark) =>
        Processes("cgroup", text => text.Contains(mark, StringComparison.Ordinal));

    public static async Task Kill(IEnumerable<int> pids)
    {
        foreach (var pid in pids)
        {
            await Tool.Run("kill", "-KILL", pid.ToString());
        }
    }

    /// <summary>Mounts under a directory, the deepest and newest first.</summary>
    public static IReadOnlyList<string> MountsUnder(string directory) =>
        [.. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4])
            .Where(target => target.StartsWith(directory, StringComparison.Ordinal)).Reverse()];

    public static async Task UnmountUnder(string directory)
    {
        foreach (var target in MountsUnder(directory))
        {
            await Tool.Run("umount", "-l", target);
        }
    }

    public static IReadOnlyList<string> Cgroups(string mark) => Directory.Exists("/sys/fs/cgroup")
        ? [.. Directory.EnumerateDirectories("/sys/fs/cgroup", $"*{mark}*", SearchOption.AllDirectories)]
        : [];

    /// <summary>A cgroup goes only when everything below it is gone.</summary>
    public static async Task RemoveCgroups(string mark)
    {
        foreach (var root in Cgroups(mark))
        {
            await Tool.Run("find", root, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";");
        }
    }

    private static int[] Processes(string file, Func<string, bool> condition)
    {
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var pid) || pid == Environment.ProcessId)
            {
                continue;
            }

            try
            {
                if (condition(File.ReadAllText(Path.Combine(directory, file))))
                {
                    found.Add(pid);
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        return [.. found];
    }
}
