using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd.Machines;

/// <summary>
/// Makes the disk of an emulated machine: Debian from its packages, the published binaries, the units of
/// <c>packaging/systemd</c> as they are shipped, and a registry with the pods' images.
/// </summary>
internal static class MachineImage
{
    public const string Registry = "127.0.0.1:5000";

    private const string DiskBytes = "3G";

    /// <summary>Building from packages takes two minutes: kept for the next run, by what it is built from.</summary>
    private static readonly TimeSpan BuildMax = TimeSpan.FromMinutes(15);

    /// <summary>Writes <c>disk.img</c>, <c>vmlinuz</c> and <c>initrd.img</c> into the directory.</summary>
    public static async Task Write(string directory)
    {
        var distribution = await Distribution();
        var root = Path.Combine(directory, "root");
        Directory.CreateDirectory(root);
        (await Tool.Run(
            "tar", ["-xf", Path.Combine(distribution, "root.tar"), "-C", root], null, BuildMax)).Ok();
        AddEdge(root);
        AddWorld(root);
        await Tool.Shell($"chroot {root} systemd-sysusers && chroot {root} systemctl --quiet enable edge-test-door");
        await Tool.Shell(
            $"chroot {root} systemctl --quiet mask mosquitto docker-registry systemd-logind getty@tty1"
            + " serial-getty@ttyS0 getty.target apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer"
            + " dpkg-db-backup.timer");
        (await Tool.Run(
            "mke2fs", ["-q", "-t", "ext4", "-d", root, Path.Combine(directory, "disk.img"), DiskBytes], null,
            BuildMax)).Ok();
        Directory.Delete(root, recursive: true);
        foreach (var file in (string[])["vmlinuz", "initrd.img"])
        {
            File.Copy(Path.Combine(distribution, file), Path.Combine(directory, file));
        }
    }

    private static async Task<string> Distribution()
    {
        var script = Path.Combine(Repository.Root, "tests", "EndToEnd", "Machines", "image.sh");
        var key = Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(script)))[..16];
        var kept = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "edge-tests", $"machine-{key}");
        if (!File.Exists(Path.Combine(kept, "root.tar")))
        {
            (await Tool.Run(script, [kept], null, BuildMax)).Ok();
        }

        return kept;
    }

    private static void AddEdge(string root)
    {
        Install(Fleet.AgentBinary, $"{root}/usr/bin/edge-agent");
        Install(Fleet.ServerBinary, $"{root}/usr/bin/edge-server");
        Install(Kubectl.Locate(Kubectl.Newest)!, $"{root}/usr/bin/kubectl");
        foreach (var unit in Directory.EnumerateFiles(Path.Combine(Repository.Root, "packaging", "systemd")))
        {
            var name = Path.GetFileName(unit);
            var folder = name.EndsWith(".sysusers", StringComparison.Ordinal) ? "sysusers.d" : "systemd/system";
            Put($"{root}/usr/lib/{folder}/{name.Replace(".sysusers", ".conf", StringComparison.Ordinal)}",
                File.ReadAllText(unit));
        }
    }

    /// <summary>What the machine is besides: its containerd, a registry, and the shell at the serial port.</summary>
    private static void AddWorld(string root)
    {
        Put($"{root}/etc/hostname", "machine\n");
        Put($"{root}/etc/fstab", "/dev/vda / ext4 defaults 0 1\n");
        Put($"{root}/etc/machine-id", "");
        Put($"{root}/etc/systemd/journald.conf.d/memory.conf", "[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n");
        Put($"{root}/etc/containerd/config.toml", """
            version = 2
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            """);
        foreach (var image in TestImages.All)
        {
            image.Write($"{root}/var/lib/registry");
        }

        Put($"{root}/etc/registry.yml", $$"""
            version: 0.1
            log: { level: warn }
            storage: { filesystem: { rootdirectory: /var/lib/registry } }
            http: { addr: "{{Registry}}" }
            """);
        Put($"{root}/usr/lib/systemd/system/edge-test-registry.service", """
            [Service]
            ExecStart=/usr/bin/docker-registry serve /etc/registry.yml
            """);
        Put($"{root}/usr/lib/systemd/system/edge-test-door.service", """
            [Unit]
            DefaultDependencies=no
            After=systemd-remount-fs.service systemd-udevd.service
            StartLimitIntervalSec=0
            [Service]
            ExecStart=/bin/bash /usr/lib/edge-test-door
            Restart=always
            RestartSec=1
            OOMScoreAdjust=-1000
            [Install]
            WantedBy=sysinit.target
            """);
        // A line is a script in base64; the answer is its status and, in base64, what it printed.
        Put($"{root}/usr/lib/edge-test-door", $$"""
            export HOME=/root KUBECONFIG=/var/lib/edge/server/admin.kubeconfig
            exec 3<>/dev/virtio-ports/{{EmulatedMachine.DoorName}} || exit 1
            echo open >&3
            while read -r line <&3; do
              printf %s "$line" | base64 -d >/run/door.sh
              bash /run/door.sh >/run/door.out 2>&1 </dev/null 3>&-
              echo "$? $(base64 -w0 /run/door.out)" >&3
            done
            """);
    }

    private static void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.EndsWith('\n') || text.Length == 0 ? text : text + "\n");
    }

    private static void Install(string from, string to)
    {
        const UnixFileMode readAndRun = (UnixFileMode)0x1ED;
        File.Copy(from, to, overwrite: true);
        File.SetUnixFileMode(to, readAndRun);
    }
}
