namespace Edge.Agent.Runtime.Spec;

/// <summary>Which capabilities a container gets. Pure.</summary>
internal static class CapabilityPlan
{
    /// <summary>In the order of the kernel's numbers; the list of Linux 5.9 and later.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>What containerd gives when nothing is said.</summary>
    private static readonly string[] Default =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
        "CAP_AUDIT_WRITE",
    ];

    /// <summary>Names of a mask as /proc shows it.</summary>
    public static IReadOnlyList<string> Names(ulong mask) =>
        All.Where((_, number) => (mask >> number & 1) == 1).ToList();

    /// <summary>
    /// Dropped first, then added. What the node itself lacks is left out of a privileged set, because asking for it
    /// fails the container; named by the pod, it stays and the failure says so.
    /// </summary>
    public static IReadOnlyList<string> For(
        bool privileged, IReadOnlyList<string>? add, IReadOnlyList<string>? drop, IReadOnlyList<string> available)
    {
        if (privileged)
        {
            return available;
        }

        var set = new HashSet<string>(Default);
        var dropped = (drop ?? []).Select(Full).ToList();
        set.RemoveWhere(name => dropped.Contains("CAP_ALL") || dropped.Contains(name));
        var added = (add ?? []).Select(Full).ToList();
        set.UnionWith(added.Contains("CAP_ALL") ? available.Except(dropped) : added);
        return All.Where(set.Contains).ToList();
    }

    private static string Full(string name)
    {
        var upper = name.ToUpperInvariant();
        return upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : $"CAP_{upper}";
    }
}
