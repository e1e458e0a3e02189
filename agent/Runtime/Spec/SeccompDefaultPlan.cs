using System.Runtime.InteropServices;

namespace Edge.Agent.Runtime.Spec;

/// <summary>containerd's default seccomp profile (RuntimeDefault) for a set of capabilities. Pure.</summary>
internal static class SeccompDefaultPlan
{
    private const string Allow = "SCMP_ACT_ALLOW";

    /// <summary>The namespace flags of clone.</summary>
    private const ulong CloneNamespaces = 0x7E020000;

    private const uint NotImplemented = 38;

    private static readonly (string Capability, string[] Names)[] ByCapability =
    [
        ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]),
        ("CAP_SYS_MODULE", ["delete_module", "init_module", "finit_module"]),
        ("CAP_SYS_RAWIO", ["iopl", "ioperm"]),
        ("CAP_SYS_CHROOT", ["chroot"]),
        ("CAP_SYS_PTRACE",
            ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"]),
        ("CAP_SYS_PACCT", ["acct"]),
        ("CAP_SYS_ADMIN",
        [
            "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie",
            "mount", "mount_setattr", "move_mount", "name_to_handle_at", "open_tree", "perf_event_open", "quotactl",
            "quotactl_fd", "setdomainname", "sethostname", "setns", "syslog", "umount", "umount2", "unshare",
        ]),
        ("CAP_SYS_BOOT", ["reboot"]),
        ("CAP_SYS_NICE", ["get_mempolicy", "mbind", "set_mempolicy"]),
        ("CAP_SYS_TIME", ["settimeofday", "stime", "clock_settime", "clock_settime64"]),
        ("CAP_SYS_TTY_CONFIG", ["vhangup"]),
        ("CAP_SYSLOG", ["syslog"]),
        ("CAP_PERFMON", ["perf_event_open"]),
        ("CAP_BPF", ["bpf"]),
    ];

    public static OciSeccomp Profile(IReadOnlyList<string> capabilities)
    {
        var groups = new List<OciSyscalls> { Always(SeccompNames.Allowed), Always("ptrace") };
        foreach (var value in (ulong[])[0, 8, 0x20000, 0x20008, 0xffffffff])
        {
            groups.Add(Personality(value));
        }

        groups.AddRange(OwnArchitecture() is { Length: > 0 } own ? [Always(own)] : Array.Empty<OciSyscalls>());
        foreach (var (capability, names) in ByCapability)
        {
            if (capabilities.Contains(capability))
            {
                groups.Add(Always(names));
            }
        }

        if (!capabilities.Contains("CAP_SYS_ADMIN"))
        {
            groups.Add(new OciSyscalls
            {
                Names = ["clone"],
                Action = Allow,
                Args = [new OciSyscallArg(0, CloneNamespaces, 0, "SCMP_CMP_MASKED_EQ")],
            });
            // Its flags are behind a pointer; C libraries fall back to clone on this answer.
            groups.Add(new OciSyscalls { Names = ["clone3"], Action = "SCMP_ACT_ERRNO", ErrnoRet = NotImplemented });
        }

        return new OciSeccomp { Architectures = Architectures(), Syscalls = groups };
    }

    private static OciSyscalls Always(params string[] names) => new() { Names = names, Action = Allow };

    private static OciSyscalls Personality(ulong value) => new()
    {
        Names = ["personality"],
        Action = Allow,
        Args = [new OciSyscallArg(0, value, 0, "SCMP_CMP_EQ")],
    };

    private static string[] OwnArchitecture() => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 or Architecture.X86 => ["arch_prctl", "modify_ldt"],
        Architecture.Arm64 or Architecture.Arm =>
            ["arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint", "cacheflush", "set_tls"],
        _ => [],
    };

    private static string[]? Architectures() => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        Architecture.Arm64 => ["SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64"],
        _ => null,
    };
}
