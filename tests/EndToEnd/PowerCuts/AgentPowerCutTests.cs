using Edge.Tests.EndToEnd.Fixture;
using Xunit.Abstractions;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// The disks of two agents of a fleet after power cuts at any point: one whose ledger is as it is, one whose ledger
/// flushes nothing, which the same check must see.
/// </summary>
[Collection(PowerCutTests.Name)]
public sealed class AgentPowerCutTests(ITestOutputHelper output)
{
    private const int ControlDisks = 200;

    [SkippableFact]
    public async Task A_power_cut_at_any_point_takes_nothing_back_that_an_agent_told_its_server()
    {
        Fleet.RequireTime();
        Skip.If(Recorder.Missing() is not null, Recorder.Missing());
        var fleet = new Fleet { Size = 0 };
        var scratch = PowerCutTests.Scratch();
        try
        {
            await fleet.InitializeAsync();
            var safe = await AddAgent(fleet, 1, scratch);
            var careless = await AddAgent(fleet, 2, scratch);
            await Task.WhenAll(safe.Session.Record(isUnsafe: false), careless.Session.Record(isUnsafe: true));

            var result = await Cut(safe, PowerCutTests.Disks, scratch);
            output.WriteLine($"ledger: {result}");
            Assert.True(result.Wrong.Count == 0, result.ToString());

            var control = await Cut(careless, ControlDisks, scratch);
            output.WriteLine($"ledger, synchronous=OFF: {control}");
            Assert.True(control.Wrong.Count > ControlDisks / 10, $"the check sees too little: {control}");
        }
        finally
        {
            await fleet.DisposeAsync();
            scratch.Delete(recursive: true);
        }
    }

    private static async Task<(Recorder Recorder, AgentSession Session)> AddAgent(
        Fleet fleet, int index, DirectoryInfo scratch)
    {
        var node = await fleet.AddNode(index);
        var recorder = new Recorder(
            "edge-agent", Path.Combine(node.Disk, "agent"), Path.Combine(scratch.FullName, $"{node.Name}.recording"));
        return (recorder, new AgentSession(fleet, node, recorder));
    }

    private static async Task<ReplayResult> Cut(
        (Recorder Recorder, AgentSession Session) agent, int count, DirectoryInfo scratch)
    {
        var disk = agent.Recorder.Read();
        RecordedDisks.AssertComplete(
            disk, agent.Recorder.Root, path => path.StartsWith("ledger", StringComparison.Ordinal));
        var replay = new Replay(disk, PowerCutTests.Seed);
        var sharp = agent.Session.All.Select(told => told.Since).ToList();
        return await replay.Run(
            replay.Choose(count, sharp, agent.Session.Known), Path.Combine(scratch.FullName, "cuts"),
            (root, cut) => Task.FromResult(
                LedgerOnDisk.Faults(root, agent.Session, cut.Length, agent.Recorder.Root)));
    }
}
