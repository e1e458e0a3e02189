using System.Diagnostics;
using Edge.Agent.Ledger;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Ledger;

/// <summary>The ledger on a real file system that is full.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Kibibytes = 400;

    private readonly string _dir = Directory.CreateTempSubdirectory("edge-full-").FullName;
    private readonly FakeClock _clock = new();
    private bool _mounted;

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", _dir);
        }

        Directory.Delete(_dir, recursive: true);
    }

    [SkippableFact]
    public async Task A_change_that_does_not_fit_waits_for_room_and_is_then_whole()
    {
        Skip.IfNot(NodeNetns.Allowed, "mounting a small disk needs root");
        Run("mount", "-t", "tmpfs", "-o", $"size={Kibibytes}k", "tmpfs", _dir);
        _mounted = true;
        var large = KeyValuePair.Create("configmaps/default/large", new byte[Kibibytes * 1024]);
        var small = KeyValuePair.Create("configmaps/default/small", "kept"u8.ToArray());
        using (var ledger = NodeLedger.Open(_dir, NullLogger.Instance))
        {
            ledger.Apply([small], []);
            var applying = ledger.ApplyWhenThereIsRoom([large], [small.Key], _clock, CancellationToken.None);
            Assert.False(applying.IsCompleted);
            Assert.Equal([small.Key], ledger.Desired.Keys);

            Run("mount", "-o", "remount,size=16m", _dir);
            _clock.Advance(TimeSpan.FromSeconds(10));
            await applying;
        }

        using var again = NodeLedger.Open(_dir, NullLogger.Instance);
        Assert.Equal([large.Key], again.Desired.Keys);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
