using Edge.Agent.Ledger;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Ledger;

/// <summary>The ledger on a real file system that is full.</summary>
public sealed class FullDiskTests
{
    private const int Kibibytes = 400;

    private readonly FakeClock _clock = new();

    [SkippableFact]
    public async Task A_change_that_does_not_fit_waits_for_room_and_is_then_whole()
    {
        Skip.IfNot(SmallDisk.Allowed, "mounting a small disk needs root");
        using var disk = new SmallDisk(Kibibytes);
        var large = KeyValuePair.Create("configmaps/default/large", new byte[Kibibytes * 1024]);
        var small = KeyValuePair.Create("configmaps/default/small", "kept"u8.ToArray());
        using (var ledger = NodeLedger.Open(disk.Path, NullLogger.Instance))
        {
            ledger.Apply([small], []);
            var applying = ledger.ApplyWhenThereIsRoom([large], [small.Key], _clock, CancellationToken.None);
            Assert.False(applying.IsCompleted);
            Assert.Equal([small.Key], ledger.Desired.Keys);

            disk.Resize(40 * Kibibytes);
            _clock.Advance(TimeSpan.FromSeconds(10));
            await applying;
        }

        using var again = NodeLedger.Open(disk.Path, NullLogger.Instance);
        Assert.Equal([large.Key], again.Desired.Keys);
    }
}
