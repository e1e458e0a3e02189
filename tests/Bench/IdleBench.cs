using System.Diagnostics;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.Bench;

/// <summary>What an idle server and an idle agent with ten pods cost: memory, processor, flash.</summary>
internal static class IdleBench
{
    private const double Megabyte = 1e6;
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_sample = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Figure>> Run(Fleet fleet, TimeSpan idle)
    {
        var agent = fleet.Nodes[0].Agent.Pid;
        var server = fleet.Server.Pid;
        await Task.Delay(s_settle);
        var (written, serverWritten) = (ProcessFigures.BytesToDisk(agent), ProcessFigures.BytesToDisk(server));
        var (busy, serverBusy) = (ProcessFigures.Cpu(agent), ProcessFigures.Cpu(server));
        var (resident, serverResident) = await Largest(idle, agent, server, fleet.BrokerPid());
        return
        [
            new Figure("agent-idle-10-pods-pss", resident / Megabyte, "MB", Bound.Max, 20),
            new Figure("agent-idle-10-pods-cpu",
                100 * (ProcessFigures.Cpu(agent) - busy) / idle, "% of a core", Bound.Max, 0.2),
            new Figure($"agent-idle-written-in-{idle.TotalSeconds}-s",
                ProcessFigures.BytesToDisk(agent) - written, "bytes", Bound.Max, 0),
            new Figure("server-and-broker-idle-pss", serverResident / Megabyte, "MB", Bound.Max, 50),
            new Figure("server-idle-cpu",
                100 * (ProcessFigures.Cpu(server) - serverBusy) / idle, "% of a core", Bound.Max, 0.5),
            new Figure("server-idle-written-per-hour",
                (ProcessFigures.BytesToDisk(server) - serverWritten) / Megabyte * (TimeSpan.FromHours(1) / idle),
                "MB/h", Bound.Max, 1),
        ];
    }

    /// <summary>Bytes: idling is no still life, a heartbeat and a look at the node come and go; the most counts.</summary>
    private static async Task<(double Agent, double ServerAndBroker)> Largest(
        TimeSpan idle, int agent, int server, int broker)
    {
        var (most, serverMost) = (0L, 0L);
        for (var end = Stopwatch.GetTimestamp() + (long)(idle.TotalSeconds * Stopwatch.Frequency);
            Stopwatch.GetTimestamp() < end;)
        {
            most = Math.Max(most, ProcessFigures.Pss(agent));
            serverMost = Math.Max(serverMost, ProcessFigures.Pss(server) + ProcessFigures.Pss(broker));
            await Task.Delay(s_sample);
        }

        return (most, serverMost);
    }
}
