using Edge.Agent.Runtime.Spec;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Volumes;

/// <summary>
/// The volumes of this node's pods as directories: what may touch the disk under the data directory, the rest on tmpfs
/// under the run directory. Everything is found by the pod's uid; nothing is remembered.
/// </summary>
internal sealed class PodVolumes(string dataDir, string runDir)
{
    public string PodDir(string uid) => Path.Combine(dataDir, "pods", uid);

    public void Write(Pod pod, IReadOnlyList<ProjectedVolume> projected)
    {
        var uid = pod.Metadata.Uid ?? "";
        var group = pod.Spec.SecurityContext?.FsGroup;
        foreach (var volume in projected)
        {
            if (volume.InMemory)
            {
                MemoryMount.Ensure(MemoryDir(uid, volume.Name), bytesMax: null);
            }

            AtomicFiles.Write(PathOf(pod, volume.Name), volume, group);
        }

        foreach (var volume in pod.Spec.Volumes ?? [])
        {
            if (volume.EmptyDir is { } empty)
            {
                MakeEmpty(pod, volume.Name, empty, group);
            }
            else if (volume.HostPath is { } host)
            {
                HostPaths.Check(volume.Name, host);
            }
        }
    }

    public void Release(string uid)
    {
        var memory = Path.Combine(runDir, "pods", uid);
        MemoryMount.RemoveBelow(memory);
        foreach (var directory in (string[])[memory, Path.Combine(PodDir(uid), "volumes")])
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    /// <summary>A container's mounts in the runtime's words.</summary>
    public IReadOnlyList<ContainerMount> MountsOf(Pod pod, Container container, IReadOnlyList<EnvEntry> env) =>
        (container.VolumeMounts ?? []).Select(mount => new ContainerMount(
            Source(pod, mount, env),
            mount.MountPath,
            mount.ReadOnly == true || IsProjected(pod, mount.Name),
            mount.MountPropagation switch
            {
                "HostToContainer" => MountPropagation.HostToContainer,
                "Bidirectional" => MountPropagation.Bidirectional,
                _ => MountPropagation.None,
            })).ToList();

    private static Volume Find(Pod pod, string name) =>
        pod.Spec.Volumes?.FirstOrDefault(volume => volume.Name == name)
        ?? throw new VolumeException($"volume \"{name}\" is not defined");

    private static bool IsProjected(Pod pod, string name) =>
        Find(pod, name) is { ConfigMap: not null } or { Secret: not null } or { DownwardAPI: not null }
            or { Projected: not null };

    private string MemoryDir(string uid, string volume) => Path.Combine(runDir, "pods", uid, "volumes", volume);

    private string PathOf(Pod pod, string name)
    {
        var volume = Find(pod, name);
        var inMemory = volume is { Secret: not null } or { Projected: not null } or { EmptyDir.Medium: "Memory" };
        var uid = pod.Metadata.Uid ?? "";
        return volume.HostPath?.Path
            ?? (inMemory ? MemoryDir(uid, name) : Path.Combine(PodDir(uid), "volumes", name));
    }

    private void MakeEmpty(Pod pod, string name, EmptyDirVolumeSource source, long? group)
    {
        var path = PathOf(pod, name);
        if (source.Medium == "Memory")
        {
            MemoryMount.Ensure(path, source.SizeLimit?.Units);
        }

        Directory.CreateDirectory(path);
        const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
        if (group is { } gid && VolumeNative.lchown(path, uint.MaxValue, (uint)gid) != 0)
        {
            throw new VolumeException($"volume \"{name}\": the group {gid} cannot own {path}");
        }

        File.SetUnixFileMode(path, group is null ? Everybody : Everybody | UnixFileMode.SetGroup);
    }

    private string Source(Pod pod, VolumeMount mount, IReadOnlyList<EnvEntry> env)
    {
        var root = PathOf(pod, mount.Name);
        var sub = mount.SubPathExpr is { Length: > 0 } expression ? Expand(expression, env) : mount.SubPath;
        if (string.IsNullOrEmpty(sub))
        {
            return root;
        }

        if (IsProjected(pod, mount.Name))
        {
            SubPaths.Check(sub);
            // A bind mount of one file keeps the file it was made from, so the link is followed here.
            var content = new FileInfo(Path.Combine(root, "..data")).LinkTarget ?? "..data";
            return Path.Combine(root, content, sub);
        }

        return SubPaths.Ensure(root, sub, mount.Name);
    }

    private static string Expand(string expression, IReadOnlyList<EnvEntry> env)
    {
        foreach (var entry in env)
        {
            expression = expression.Replace($"$({entry.Name})", entry.Value, StringComparison.Ordinal);
        }

        return expression;
    }
}
