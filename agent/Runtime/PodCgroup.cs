using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Runtime;

/// <summary>Removes a pod's control group, which runc leaves behind.</summary>
internal static class PodCgroup
{
    /// <summary>False when a process still lives in it.</summary>
    public static bool Remove(string cgroupRoot, string podUid)
    {
        var removed = true;
        foreach (var hierarchy in Hierarchies())
        {
            foreach (var qos in Enum.GetValues<PodQos>())
            {
                var path = hierarchy + ResourcePlan.PodCgroup(cgroupRoot, qos, podUid);
                removed &= !Directory.Exists(path) || RemoveTree(path);
            }
        }

        return removed;
    }

    /// <summary>Control group directories are removed bottom up, by rmdir only; their files are the kernel's.</summary>
    private static bool RemoveTree(string path)
    {
        foreach (var child in Directory.GetDirectories(path))
        {
            RemoveTree(child);
        }

        return Libc.RemoveDirectory(path) == 0;
    }

    private static string[] Hierarchies()
    {
        const string root = "/sys/fs/cgroup";
        return File.Exists($"{root}/cgroup.controllers") ? [root] : Directory.GetDirectories(root);
    }
}
