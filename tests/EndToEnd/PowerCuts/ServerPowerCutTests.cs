using System.Diagnostics;
using Edge.Tests.EndToEnd.Fixture;
using Xunit.Abstractions;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// The server's disk after power cuts at any point of its lives: starts, writes of many clients, kills, a backup, a
/// restore. Nothing acknowledged is lost, nothing is broken, no revision is used twice.
/// </summary>
[Collection(PowerCutTests.Name)]
public sealed class ServerPowerCutTests(ITestOutputHelper output)
{
    private const int ControlDisks = 200;

    /// <summary>A start of the real server takes as long as a hundred disks that are only opened.</summary>
    private const int StartsMin = 12;
    private const int DisksOfStart = 250;

    [SkippableFact]
    public async Task A_power_cut_at_any_point_loses_no_acknowledged_write()
    {
        Require();
        await using var server = new RecordedServer();
        var session = new ServerSession(server, PowerCutTests.Seed);
        await session.Record();
        var disk = server.Recorder.Read();
        RecordedDisks.AssertComplete(disk, server.Disk, _ => true);

        var result = await Cut(server, session, disk, PowerCutTests.Disks);
        output.WriteLine($"server: {result}");
        var started = await Start(server, session, disk, Math.Max(StartsMin, PowerCutTests.Disks / DisksOfStart));
        output.WriteLine($"server, started: {started}");

        Assert.True(result.Wrong.Count + started.Wrong.Count == 0, $"{result}\n{started}");
    }

    [SkippableFact]
    public async Task A_database_that_flushes_nothing_loses_acknowledged_writes()
    {
        Require();
        await using var server = new RecordedServer();
        var session = new ServerSession(server, PowerCutTests.Seed);
        await session.RecordUnsafe();

        var result = await Cut(server, session, server.Recorder.Read(), ControlDisks);

        output.WriteLine($"server, synchronous=OFF: {result}");
        Assert.True(result.Wrong.Count > ControlDisks / 4, $"the check sees too little: {result}");
    }

    private static void Require()
    {
        Fleet.RequireTime();
        Skip.If(Recorder.Missing() is not null, Recorder.Missing());
    }

    private static async Task<ReplayResult> Cut(
        RecordedServer server, ServerSession session, RecordedDisk disk, int count)
    {
        var data = Path.Combine(server.Disk, "data");
        var pki = Directory.EnumerateFiles(Path.Combine(data, "pki"))
            .ToDictionary(path => Path.GetRelativePath(data, path), File.ReadAllBytes);
        var replay = new Replay(disk, PowerCutTests.Seed);
        var scratch = PowerCutTests.Scratch();
        try
        {
            return await replay.Run(replay.Choose(count, session.Sharp, session.Known), scratch.FullName,
                (root, cut) => StoreOnDisk.Faults(Path.Combine(root, "data"), session, cut.Length, pki));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>The published server itself starts on some disks and shows what it finds there.</summary>
    private static async Task<ReplayResult> Start(
        RecordedServer server, ServerSession session, RecordedDisk disk, int count)
    {
        var since = Stopwatch.StartNew();
        var replay = new Replay(disk, PowerCutTests.Seed);
        var state = new PowerCut(disk);
        var wrong = new List<string>();
        foreach (var cut in replay.Choose(count, session.Sharp, session.Known))
        {
            replay.Write(state, cut, server.At("cut"));
            using var client = await server.Start([], server.At("cut"));
            var (found, revision) = client is null ? ([], long.MaxValue) : await RecordedServer.Read(client);
            wrong.AddRange(session.Faults(cut.Length, found, revision).Take(1).Select(fault => $"{cut}: {fault}"));
            await server.Kill();
        }

        return new ReplayResult(count, since.Elapsed, wrong);
    }
}
