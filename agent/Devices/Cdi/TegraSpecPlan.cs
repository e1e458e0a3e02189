using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Devices.Cdi;

/// <summary>One line of a Jetson's lists of host files: what it is, and the paths that are there.</summary>
/// <param name="Kind"><c>dev</c>, <c>lib</c>, <c>dir</c> or <c>sym</c>.</param>
/// <param name="Path">On the host and in the container.</param>
/// <param name="Target">Where a symbolic link ends; null for what is none.</param>
internal sealed record TegraFile(string Kind, string Path, string? Target);

/// <summary>
/// The files that a Jetson's driver lists for containers → the specification of its one GPU. A link of the host is
/// mounted as the file that it leads to. Pure.
/// </summary>
internal static class TegraSpecPlan
{
    private static readonly string[] s_readOnly = ["ro", "nosuid", "nodev", "rbind", "rprivate"];

    /// <param name="files">Those that are there.</param>
    /// <param name="group">The group that may open <c>/dev/nvmap</c>; null where anybody may.</param>
    /// <param name="uuid">The GPU's; null where the driver tells none.</param>
    /// <param name="root">Below it the host has them; empty for /.</param>
    public static CdiSpec For(IReadOnlyList<TegraFile> files, uint? group, string? uuid, string root = "")
    {
        var edits = new ContainerEdits
        {
            DeviceNodes =
            [
                .. files.Where(file => file.Kind == "dev")
                    .Select(file => new EditedDevice(file.Path, root.Length == 0 ? null : root + file.Path)),
            ],
            AdditionalGids = group is { } gid ? [gid] : [],
        };
        var common = new ContainerEdits
        {
            Env = [NvidiaSpecPlan.NoDevices],
            Mounts =
            [
                .. files.Where(file => file.Kind != "dev")
                    .Select(file => new EditedMount(root + (file.Target ?? file.Path), file.Path, null, s_readOnly)),
            ],
        };
        IReadOnlyList<string> names = uuid is null ? ["0", "all"] : ["0", uuid, "all"];
        return new CdiSpec(
            NvidiaSpecPlan.Kind, [.. names.Select(name => new CdiDevice(name, edits))], common);
    }

    /// <summary>
    /// The lines of one list, as kind and pattern; what is neither is left out, as NVIDIA's toolkit does.
    /// </summary>
    public static IEnumerable<(string Kind, string Pattern)> Lines(string csv)
    {
        foreach (var line in csv.Split('\n'))
        {
            if (line.Split(',', 2, StringSplitOptions.TrimEntries) is [("dev" or "lib" or "dir" or "sym") and var kind,
                ['/', ..] and var pattern])
            {
                yield return (kind, pattern);
            }
        }
    }
}
