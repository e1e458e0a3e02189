using Edge.Proto.Model;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// The specifications that lie on this node, and those of the GPUs that were found. Read anew for each container that
/// asks for a device: files come and go with drivers and tools, and such containers are few.
/// </summary>
/// <param name="root">Of the system's files.</param>
/// <param name="driverRoot">Of NVIDIA's driver.</param>
internal sealed class CdiHost(string root, string driverRoot)
{
    /// <summary>The largest file that is read; <c>nvidia-ctk</c>'s for eight GPUs has some 60 KB.</summary>
    private const long FileMax = 1 << 20;

    /// <summary>In the order of their priority, the lowest first.</summary>
    private static readonly string[] s_directories = ["etc/cdi", "var/run/cdi"];

    private readonly NvidiaFiles _nvidia = new(new HostTree(root), new HostTree(driverRoot));

    public CdiCatalog Catalog(GpuInventory gpus)
    {
        var files = new List<CdiFile>();
        for (var priority = 0; priority < s_directories.Length; priority++)
        {
            foreach (var path in Files(Path.Combine(root, s_directories[priority])))
            {
                files.Add(new CdiFile(path, priority, File.ReadAllText(path)));
            }
        }

        return new CdiCatalog(files, gpus.Devices.Count == 0 ? [] : [_nvidia.SpecOf(gpus)]);
    }

    private static List<string> Files(string directory)
    {
        var paths = new List<string>();
        foreach (var path in Directory.Exists(directory) ? Directory.GetFiles(directory) : [])
        {
            if (Path.GetExtension(path) is ".json" or ".yaml" && new FileInfo(path).Length <= FileMax)
            {
                paths.Add(path);
            }
        }

        paths.Sort(StringComparer.Ordinal);
        return paths;
    }
}
