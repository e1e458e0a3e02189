namespace Edge.Agent.Runtime.Spec;

/// <summary>The mounts of a container: the kernel's filesystems, the pod's files, then its volumes. Pure.</summary>
internal static class MountPlan
{
    public static IReadOnlyList<OciMount> For(SpecInput input)
    {
        var mounts = Kernel(input).Concat(PodFiles(input)).ToList();
        var volumes = input.Request.Mounts.Select(mount => Volume(mount)).ToList();
        // A volume over one of the defaults replaces it, as with kubelet.
        mounts.RemoveAll(mount => volumes.Exists(volume => volume.Destination == mount.Destination));
        // Outer directories first, or the inner mount would be hidden.
        return mounts.Concat(volumes).OrderBy(mount => Depth(mount.Destination)).ToList();
    }

    private static IEnumerable<OciMount> Kernel(SpecInput input)
    {
        string access = input.Privileged ? "rw" : "ro";
        yield return new OciMount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]);
        yield return new OciMount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]);
        yield return new OciMount(
            "/dev/pts", "devpts", "devpts",
            ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]);
        yield return new OciMount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]);
        // The kernel refuses a new sysfs to who shares the host's network without owning it.
        yield return new OciMount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", access]);
        yield return new OciMount(
            "/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", access]);
    }

    private static IEnumerable<OciMount> PodFiles(SpecInput input)
    {
        var sandbox = input.Request.Sandbox;
        var access = input.ReadOnlyRoot ? "ro" : "rw";
        if (sandbox.EtcHosts is { } hosts)
        {
            yield return Bind("/etc/hosts", hosts, access);
        }

        if (sandbox.EtcHostname is { } hostname)
        {
            yield return Bind("/etc/hostname", hostname, access);
        }

        if (sandbox.ResolvConf is { } resolver)
        {
            yield return Bind("/etc/resolv.conf", resolver, access);
        }

        yield return sandbox.Shm is { } shm
            ? Bind("/dev/shm", shm, "rw")
            : Bind("/dev/shm", "/dev/shm", "rw");
        if (input.Request.TerminationLog is { } log)
        {
            yield return Bind(input.Request.Container.TerminationMessagePath ?? "/dev/termination-log", log, "rw");
        }
    }

    private static OciMount Volume(ContainerMount mount) => new(
        mount.ContainerPath,
        "bind",
        mount.HostPath,
        ["rbind", PropagationOf(mount.Propagation), mount.ReadOnly ? "ro" : "rw"]);

    private static string PropagationOf(MountPropagation propagation) => propagation switch
    {
        MountPropagation.None => "rprivate",
        MountPropagation.HostToContainer => "rslave",
        MountPropagation.Bidirectional => "rshared",
    };

    private static OciMount Bind(string inside, string host, string access) =>
        new(inside, "bind", host, ["rbind", "rprivate", access]);

    public static int Depth(string path) => path.AsSpan().Count('/') - (path.EndsWith('/') ? 1 : 0);
}
