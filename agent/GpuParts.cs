using System.CommandLine;
using Edge.Agent.Devices;
using Edge.Agent.Devices.Cdi;
using Edge.Agent.Devices.Gpu;
using Edge.Agent.Devices.Sharing;
using Edge.Agent.Local;
using Edge.Agent.Reconcile;
using Edge.Agent.Report;
using Edge.Agent.Runtime;
using Edge.Agent.Settings;
using Edge.Proto.Model;

namespace Edge.Agent;

/// <summary>What the folder of GPUs is joined to, for the composition root.</summary>
internal static class GpuParts
{
    public static Command Command(SiteConsole console) => GpuCommand.Probe(
        console.Out, () => CommandLine.OfFile() is { } settings ? Settings(settings) : new() { Program = s_self },
        TimeProvider.System);

    /// <summary>The exit code when the agent was started to talk to a driver; null when it was not.</summary>
    public static int? Child(string[] arguments, Func<Stream> output) => GpuChild.Run(arguments, output);

    /// <param name="settings">The agent's.</param>
    /// <param name="variable">Reads the environment, which the device plugin's two variables come from.</param>
    /// <param name="clock">Paces.</param>
    /// <param name="random">Spreads.</param>
    /// <param name="logs">Hear of changes.</param>
    public static GpuNode Open(
        AgentSettings settings, Func<string, string?> variable, TimeProvider clock, Random random, TextLog logs) =>
        new(
            Settings(settings),
            new XidRules(
                variable("DP_DISABLE_HEALTHCHECKS"), variable("DP_ENABLE_HEALTHCHECKS"), settings.GpuRestartXids),
            settings.RunDir, clock, random, logs.CreateLogger("Devices"));

    /// <summary>What is offered of what was found.</summary>
    public static GpuSharing Sharing(
        AgentSettings settings, GpuNode gpus, Func<NodeSettings> ordered, TextLog logs) =>
        new(
            () => gpus.Gpus, ordered, settings.GpuSharingFile, Path.Combine(settings.DataDir, "gpu-sharing.yaml"),
            logs.CreateLogger("Devices"));

    /// <summary>Gives containers what was found.</summary>
    public static DeviceGrants Grants(AgentSettings settings, GpuNode gpus, GpuSharing sharing) =>
        new(() => sharing.Gpus, gpus.FirstLook, new CdiHost(settings.SystemRoot, settings.NvidiaDriverRoot));

    /// <summary>How those are that pods have.</summary>
    public static DeviceHealth Health(GpuNode gpus, TimeProvider clock)
    {
        var health = new DeviceHealth(() => gpus.IsKnown, clock);
        health.Saw(gpus.Gpus);
        return health;
    }

    /// <summary>
    /// What is offered goes to the server, the Node shows it, and pods follow. The containers of a GPU begin again
    /// where that is what an event asks for.
    /// </summary>
    public static void Join(
        GpuNode gpus, ContainerdRuntime runtime, GpuSharing sharing, DeviceHealth health, ReportOutbox reports,
        NodeStatusReport status, ReconcileLoop loop, Action<bool, string, string> say)
    {
        gpus.EndContainers = new DeviceRestarts(runtime).End;
        gpus.Changed = _ => sharing.Look();
        sharing.Changed = now =>
        {
            health.Saw(now);
            reports.Gpus(now);
            status.Wake();
            loop.WakeAll();
        };
        gpus.Say = say;
        sharing.Say = say;
    }

    private static readonly string[] s_self = [Environment.ProcessPath ?? "edge-agent"];

    private static GpuSettings Settings(AgentSettings settings) => new()
    {
        Program = s_self,
        DriverRoot = settings.NvidiaDriverRoot,
        SystemRoot = settings.SystemRoot,
    };
}
