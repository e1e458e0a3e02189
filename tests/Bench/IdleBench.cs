using System.Diagnostics;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.Bench;

/// <summary>What an idle server and an idle agent with ten pods cost: memory, processor, flash.</summary>
internal static class IdleBench
{
    private const double Megabyte = 1e6;

    /// <summary>What a heartbeat or a look at the runtime brings back is given back within a minute.</summary>
    private const double PeakMegabytes = 24;

    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_sample = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Figure>> Run(Fleet fleet, TimeSpan idle)
    {
        var agent = fleet.Nodes[0].Agent.Pid;
        var server = fleet.Server.Pid;
        await Task.Delay(s_settle);
        var (written, serverWritten) = (ProcessFigures.BytesToDisk(agent), ProcessFigures.BytesToDisk(server));
        var (busy, serverBusy) = (ProcessFigures.Cpu(agent), ProcessFigures.Cpu(server));
        var (resident, serverResident) = await Sample(idle, agent, server, fleet.BrokerPid());
        return
        [
            new Figure("agent-idle-10-pods-pss", Median(resident) / Megabyte, "MB", Bound.Max, 20),
            new Figure("agent-idle-10-pods-pss-peak", resident.Max() / Megabyte, "MB", Bound.Max, PeakMegabytes),
            new Figure("agent-idle-10-pods-cpu",
                100 * (ProcessFigures.Cpu(agent) - busy) / idle, "% of a core", Bound.Max, 0.2),
            new Figure($"agent-idle-written-in-{idle.TotalSeconds}-s",
                ProcessFigures.BytesToDisk(agent) - written, "bytes", Bound.Max, 0),
            new Figure("server-and-broker-idle-pss", serverResident.Max() / Megabyte, "MB", Bound.Max, 40),
            new Figure("server-idle-cpu",
                100 * (ProcessFigures.Cpu(server) - serverBusy) / idle, "% of a core", Bound.Max, 0.5),
            new Figure("server-idle-written-per-hour",
                (ProcessFigures.BytesToDisk(server) - serverWritten) / Megabyte * (TimeSpan.FromHours(1) / idle),
                "MB/h", Bound.Max, 1),
        ];
    }

    /// <summary>
    /// Resident bytes, looked at every few seconds: idling is no still life, heartbeats and looks come and go.
    /// </summary>
    private static async Task<(List<long> Agent, List<long> ServerAndBroker)> Sample(
        TimeSpan idle, int agent, int server, int broker)
    {
        var (resident, serverResident) = (new List<long>(), new List<long>());
        var since = Stopwatch.StartNew();
        while (since.Elapsed < idle)
        {
            resident.Add(ProcessFigures.Pss(agent));
            serverResident.Add(ProcessFigures.Pss(server) + ProcessFigures.Pss(broker));
            await Task.Delay(s_sample);
        }

        return (resident, serverResident);
    }

    private static long Median(List<long> values) => values.Order().ElementAt(values.Count / 2);
}
