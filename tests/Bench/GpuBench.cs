using System.Diagnostics;
using System.Text.Json.Nodes;
using Edge.Agent.Devices.Gpu;
using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Bench;

/// <summary>
/// What eight GPUs of the stub cost: a look at them, the agent that has them, the process that waits for their events,
/// and how soon the server knows of one that broke.
/// </summary>
internal static class GpuBench
{
    private const int Gpus = 8;
    private const int Looks = 40;
    private const double Megabyte = 1e6;

    /// <summary>The agent looks every ten minutes; here it is asked to by an event.</summary>
    private const int LooksAnHour = 6;

    private const int Hours = 24;

    /// <summary>What was used at the start is given back within a minute.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(60);

    /// <summary>On a fleet of one node without GPUs, which has none afterwards.</summary>
    public static async Task<IReadOnlyList<Figure>> Run(Fleet fleet, HubClient api)
    {
        using var machine = new StubGpus { Fixture = StubGpus.Machine(Gpus) };
        var node = fleet.Nodes[0];
        var look = await Look(machine);
        await node.RestartAgent();
        await fleet.Kubectl.UntilNodeReady(node.Name);
        await Task.Delay(s_settle);
        var (without, own) = (ProcessFigures.Pss(node.Agent.Pid), ProcessFigures.PrivateDirty(node.Agent.Pid));

        node.Agent.Flags.Add($"--nvidia-driver-root={machine.Root}");
        node.Agent.Flags.Add($"--system-root={machine.Root}");
        await node.RestartAgent();
        await Allocatable(api, node, Gpus);
        await Task.Delay(s_settle);
        var with = ProcessFigures.Pss(node.Agent.Pid);
        Console.Error.WriteLine(
            $"agent: {without / Megabyte:f1} MB, {own / Megabyte:f1} of it its own, with GPUs {with / Megabyte:f1} MB, "
            + $"{ProcessFigures.PrivateDirty(node.Agent.Pid) / Megabyte:f1} of it its own");
        var watch = Watch(node);
        var (busy, before) = (ProcessFigures.Cpu(watch), ProcessFigures.Cpu(node.Agent.Pid));
        await Task.Delay(s_idle);
        var cpu = ProcessFigures.Cpu(watch) - busy + ProcessFigures.Cpu(node.Agent.Pid) - before;
        var resident = ProcessFigures.Pss(watch);
        var growth = await Grow(machine, node.Agent.Pid, watch);
        var slowest = await Break(machine, api, node);

        node.Agent.Flags.Clear();
        await node.Agent.Stop();
        File.Delete(Path.Combine(node.Run, "agent", "gpus.json"));
        node.Agent.Start();
        return
        [
            new Figure($"gpu-look-at-{Gpus}", look, "ms", Bound.Max, 25),
            new Figure("gpu-agent-pss-more", (with - without) / Megabyte, "MB", Bound.Max, 1),
            new Figure("gpu-events-process-pss", resident / Megabyte, "MB", Bound.Max, 12),
            new Figure("gpu-idle-cpu-agent-and-events", 100 * cpu.TotalSeconds / s_idle.TotalSeconds, "% of a core",
                Bound.Max, 0.1),
            new Figure("gpu-growth-an-hour", growth, "MB", Bound.Max, 0.05),
            new Figure("gpu-xid-to-not-allocatable", slowest, "s", Bound.Max, 1),
        ];
    }

    /// <summary>Median, with the start of the process and CUDA's word.</summary>
    private static async Task<double> Look(StubGpus machine)
    {
        var probe = new GpuProbe(
            new GpuSettings
            {
                Program = [Fleet.AgentBinary], DriverRoot = machine.Root, SystemRoot = machine.Root,
            },
            TimeProvider.System);
        var took = new List<double>();
        // The JIT, which the agent does not have, is no part of it.
        for (var round = -Looks; round < Looks; round++)
        {
            var since = Stopwatch.GetTimestamp();
            var gpus = await probe.Look(withCuda: true, default);
            if (round >= 0)
            {
                took.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            }

            if (gpus.Healthy != Gpus)
            {
                throw new InvalidOperationException($"{gpus.Healthy} GPUs: {gpus.Problem?.Message}");
            }
        }

        took.Sort();
        Console.Error.WriteLine($"looks: fastest {took[0]:f1} ms, slowest {took[^1]:f1} ms");
        return took[Looks / 2];
    }

    /// <summary>
    /// Megabytes of their own that agent and child have more after the looks of an hour, of a day's looks; those of the
    /// day before are not counted, in which the heap finds its size. What they share is left out: that a child of the
    /// same program runs or has ended moves it by more.
    /// </summary>
    private static async Task<double> Grow(StubGpus machine, params int[] processes)
    {
        await Look(machine, Hours * LooksAnHour);
        var before = processes.Sum(ProcessFigures.PrivateDirty);
        await Look(machine, Hours * LooksAnHour);
        return (processes.Sum(ProcessFigures.PrivateDirty) - before) / Megabyte / Hours;
    }

    private static async Task Look(StubGpus machine, int times)
    {
        const string recoveryAction = "event 0 8000 0";
        for (var look = 0; look < times; look++)
        {
            machine.Happen(recoveryAction);
            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }

        await Task.Delay(TimeSpan.FromSeconds(5));
    }

    /// <summary>The slowest of four, in seconds from the driver's word to the API's answer.</summary>
    private static async Task<double> Break(StubGpus machine, HubClient api, FleetNode node)
    {
        var slowest = 0.0;
        for (var gpu = 0; gpu < 4; gpu++)
        {
            var since = Stopwatch.GetTimestamp();
            machine.Happen($"xid {gpu} 79");
            await Allocatable(api, node, Gpus - gpu - 1);
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(since).TotalSeconds);
        }

        return slowest;
    }

    private static async Task Allocatable(HubClient api, FleetNode node, int count)
    {
        while (JsonNode.Parse(await api.Get($"/api/v1/nodes/{node.Name}"))!["status"]?["allocatable"]?["nvidia.com/gpu"]
            ?.ToString() != $"{count}")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    private static int Watch(FleetNode node) =>
        Machine.ProcessesNaming(GpuChild.Events).Single(pid =>
            File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[1] == $"{node.Agent.Pid}");
}
