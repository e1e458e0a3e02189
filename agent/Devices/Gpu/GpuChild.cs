using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// What the agent does in a process of its own, because a broken driver can hang or end whoever calls it: a look at the
/// GPUs, and the wait for events. Neither reads settings or opens anything of the agent's.
/// </summary>
internal static class GpuChild
{
    public const string Probe = "gpu-probe";
    public const string Events = "gpu-events";
    public const string WithCuda = "cuda";

    /// <summary>The first line of the wait for events: from here on none is missed.</summary>
    public const string Ready = "ready";

    /// <summary>The exit code of a wait where no GPU has events: old ones, and parts of virtual ones.</summary>
    public const int NothingToHear = 3;

    /// <summary>As NVIDIA's device plugin waits; in between it looks whether the agent is still there.</summary>
    private static readonly TimeSpan WaitAtMost = TimeSpan.FromSeconds(5);

    /// <summary>The exit code; null when the arguments are for somebody else.</summary>
    public static int? Run(string[] arguments, Func<Stream> output)
    {
        switch (arguments)
        {
            case [Probe, var driverRoot, var systemRoot, .. var more]:
                Look(driverRoot, systemRoot, more is [WithCuda], output());
                return 0;
            case [Events, var driverRoot, var agent]:
                return Wait(driverRoot, agent, output());
            default:
                return null;
        }
    }

    /// <summary>
    /// A line of JSON before CUDA is asked, and one after: when CUDA hangs, what NVML said is there. The libraries stay
    /// loaded to the end of the process.
    /// </summary>
    private static void Look(string driverRoot, string systemRoot, bool withCuda, Stream output)
    {
        var tree = new SystemTree(systemRoot);
        var gpus = Nvml(driverRoot, tree);
        gpus = TegraProbe.IsTegra(tree) ? TegraProbe.Apply(gpus, tree) : gpus;
        Say(output, gpus);
        if (withCuda)
        {
            Say(output, CudaCheck.Apply(gpus, driverRoot));
        }
    }

    private static GpuInventory Nvml(string driverRoot, SystemTree tree)
    {
        if (NvmlLibrary.Load(driverRoot) is not { } nvml)
        {
            return GpuTraces.OfDriver(tree)
                ? new GpuInventory
                {
                    Problem = new GpuProblem(
                        "LibraryNotFound", $"the NVIDIA driver is loaded but {NvmlNative.Library} is not to be found"),
                }
                : GpuInventory.None;
        }

        var gpus = new NvmlProbe(nvml, tree).Read();
        // The packages of a driver may be installed on any machine.
        return gpus.Problem?.Reason == NvmlProbe.NotLoaded && !GpuTraces.OfHardware(tree)
            ? GpuInventory.None
            : gpus with { Machine = tree.Text("sys/class/dmi/id/product_name") };
    }

    private static int Wait(string driverRoot, string agent, Stream output)
    {
        if (NvmlLibrary.Load(driverRoot) is not { } nvml || nvml.Init() != NvmlNative.Success
            || nvml.Get("nvmlEventSetCreate", out nint set) != NvmlNative.Success
            || nvml.Get("nvmlDeviceGetCount_v2", out uint count) != NvmlNative.Success)
        {
            return 1;
        }

        var (answering, registered) = (0, 0);
        for (var index = 0u; index < count; index++)
        {
            if (nvml.Device(index, out var device) == NvmlNative.Success)
            {
                answering++;
                var kinds = (device.Long("nvmlDeviceGetSupportedEventTypes") ?? 0) & GpuEvent.Kinds;
                registered += kinds != 0 && device.Register(kinds, set) == NvmlNative.Success ? 1 : 0;
            }
        }

        if (registered == 0)
        {
            return answering > 0 ? NothingToHear : 1;
        }

        Say(output, Ready);
        while (true)
        {
            var code = nvml.Wait(set, out var happened, WaitAtMost);
            if (code == NvmlNative.Success)
            {
                var known = nvml.At(happened.Device).Text("nvmlDeviceGetUUID", out var uuid) == NvmlNative.Success;
                Say(output, new GpuEvent(
                    known ? uuid : GpuEvent.Unknown, happened.Type, happened.Data,
                    happened.GpuInstance, happened.ComputeInstance).Line);
            }
            else if (code != NvmlNative.Timeout)
            {
                // Whoever is lost is found by the look that follows; the others are well.
                return 1;
            }

            if (ParentId() != agent)
            {
                return 0;
            }
        }
    }

    private static void Say(Stream output, GpuInventory gpus)
    {
        output.Write(GpuJson.Bytes(gpus, readings: true));
        Say(output, "");
    }

    private static void Say(Stream output, string line)
    {
        output.Write(System.Text.Encoding.UTF8.GetBytes(line + '\n'));
        output.Flush();
    }

    /// <summary>Of an orphan it is another's.</summary>
    private static string ParentId()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
    }

    /// <summary>What the wait for events is given to know its agent by.</summary>
    public static string OwnId => Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
}
