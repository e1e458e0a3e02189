using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// Driver and GPUs of a node → the specification that <c>nvidia-ctk cdi generate</c> would write, for nodes where
/// nobody did. Without the toolkit's hook, the names of the libraries are mounted beside them instead of linked, which
/// is enough where image and host keep libraries in the same directory. Pure.
/// </summary>
internal static class NvidiaSpecPlan
{
    public const string Kind = "nvidia.com/gpu";

    /// <summary>What a legacy hook would act on: with this it does nothing.</summary>
    public const string NoDevices = "NVIDIA_VISIBLE_DEVICES=void";

    private const string CapabilityNodes = "/dev/nvidia-caps/nvidia-cap";

    private static readonly string[] s_readOnly = ["ro", "nosuid", "nodev", "rbind", "rprivate"];

    /// <summary>A socket must be written to and run nothing.</summary>
    private static readonly string[] s_socket = ["ro", "nosuid", "nodev", "rbind", "rprivate", "noexec"];

    public static CdiSpec For(NvidiaDriver driver, IReadOnlyList<NvidiaGpu> gpus)
    {
        var devices = new List<CdiDevice>();
        var all = new List<EditedDevice>();
        var faults = new List<string>();
        foreach (var gpu in gpus)
        {
            var nodes = Nodes(driver, gpu);
            if (gpu.MigDevices.Count == 0)
            {
                Add(devices, gpu.Uuid, $"{gpu.Index}", nodes);
                all.AddRange(nodes);
            }

            foreach (var part in gpu.MigDevices)
            {
                if (Capabilities(driver, gpu, part, faults) is not { } capabilities)
                {
                    continue;
                }

                IReadOnlyList<EditedDevice> own = [.. nodes, .. capabilities];
                Add(devices, part.Uuid, $"{gpu.Index}:{part.Index}", own);
                all.AddRange(own.Where(node => !all.Contains(node)));
            }
        }

        if (all.Count > 0)
        {
            devices.Add(new CdiDevice("all", new ContainerEdits { DeviceNodes = all }));
        }

        return new CdiSpec(Kind, devices, Common(driver)) { Faults = faults };
    }

    private static void Add(
        List<CdiDevice> devices, string uuid, string index, IReadOnlyList<EditedDevice> nodes)
    {
        var edits = new ContainerEdits { DeviceNodes = nodes };
        devices.Add(new CdiDevice(index, edits));
        devices.Add(new CdiDevice(uuid, edits));
    }

    private static List<EditedDevice> Nodes(NvidiaDriver driver, NvidiaGpu gpu)
    {
        List<EditedDevice> nodes = [Node(driver, $"/dev/nvidia{gpu.Minor}")];
        if (gpu.PciAddress is { } address && driver.DriNodes.TryGetValue(address, out var rendering))
        {
            nodes.AddRange(rendering.Select(path => Node(driver, path)));
        }

        return nodes;
    }

    /// <summary>
    /// A part can be used by who may open the access nodes of both its instances; null when one is missing.
    /// </summary>
    private static List<EditedDevice>? Capabilities(
        NvidiaDriver driver, NvidiaGpu gpu, NvidiaMigDevice part, List<string> faults)
    {
        var instance = $"gpu{gpu.Minor}/gi{part.GpuInstance}";
        var nodes = new List<EditedDevice>();
        foreach (var name in (string[])[$"{instance}/access", $"{instance}/ci{part.ComputeInstance}/access"])
        {
            if (!driver.MigMinors.TryGetValue(name, out var minor))
            {
                faults.Add($"MIG device {part.Uuid}: the driver has no access node {name}");
                return null;
            }

            nodes.Add(Node(driver, $"{CapabilityNodes}{minor}"));
        }

        return nodes;
    }

    private static ContainerEdits Common(NvidiaDriver driver)
    {
        var directories = Directories(driver);
        var mounts = new List<EditedMount>();
        foreach (var library in driver.Libraries)
        {
            mounts.Add(ReadOnly(driver, library.Path, library.Path));
            if (driver.Hook is null)
            {
                mounts.AddRange(library.Links.Select(link => ReadOnly(driver, library.Path, link)));
            }
        }

        mounts.AddRange(driver.Firmware.Concat(driver.Programs).Select(path => ReadOnly(driver, path, path)));
        mounts.AddRange(driver.Sockets.Select(
            path => new EditedMount(driver.SystemRoot + path, path, null, s_socket)));
        return new ContainerEdits
        {
            Env = [NoDevices],
            DeviceNodes = [.. driver.ControlNodes.Select(path => Node(driver, path))],
            Mounts = mounts,
            Hooks = driver.Hook is { } hook ? Hooks(driver, driver.SystemRoot + hook, directories) : [],
        };
    }

    private static List<EditedHook> Hooks(NvidiaDriver driver, string hook, IReadOnlyList<string> directories)
    {
        var links = driver.Libraries
            .SelectMany(library => library.Links.Select(link => $"{Path.GetFileName(library.Path)}::{link}")).ToList();
        var hooks = new List<EditedHook>();
        if (links.Count > 0)
        {
            hooks.Add(Hook(hook, "create-symlinks", "--link", links));
        }

        hooks.Add(Hook(hook, "enable-cuda-compat", "--host-driver-version", [driver.Version]));
        hooks.Add(Hook(hook, "update-ldcache", "--folder", directories));
        hooks.Add(Hook(hook, "disable-device-node-modification", "", []));
        return hooks;
    }

    private static EditedHook Hook(string path, string name, string option, IReadOnlyList<string> values)
    {
        List<string> args = [Path.GetFileName(path), name];
        foreach (var value in values)
        {
            args.Add(option);
            args.Add(value);
        }

        return new EditedHook("createContainer", path, args, [], null);
    }

    private static IReadOnlyList<string> Directories(NvidiaDriver driver) =>
        [.. driver.Libraries.Select(library => Path.GetDirectoryName(library.Path)!).Distinct().Order()];

    private static EditedMount ReadOnly(NvidiaDriver driver, string host, string inside) =>
        new(driver.DriverRoot + host, inside, null, s_readOnly);

    private static EditedDevice Node(NvidiaDriver driver, string path) =>
        new(path, driver.SystemRoot.Length == 0 ? null : driver.SystemRoot + path);
}
