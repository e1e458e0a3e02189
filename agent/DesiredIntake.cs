using System.Threading.Channels;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;
using Edge.Proto.Sync;

namespace Edge.Agent;

/// <summary>
/// Link ─▶ Ledger ─▶ Reconcile: what the server wants is on disk before it is acknowledged or acted on.
/// </summary>
internal static class DesiredIntake
{
    /// <summary>What the node has of the server's map when it starts.</summary>
    public static IReadOnlyList<MapEntry> Held(NodeLedger ledger)
    {
        var held = new List<MapEntry>(ledger.Desired.Count);
        foreach (var (key, value) in ledger.Desired)
        {
            held.Add(new MapEntry(key, value));
        }

        return held;
    }

    /// <param name="changes">From the link.</param>
    /// <param name="ledger">Keeps them.</param>
    /// <param name="loop">Acts on them.</param>
    /// <param name="clock">Paces.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="taken">After each: who else reads the node's settings.</param>
    public static async Task Run(
        ChannelReader<DesiredChange> changes, NodeLedger ledger, ReconcileLoop loop, TimeProvider clock,
        CancellationToken stop, Action? taken = null)
    {
        while (true)
        {
            var change = await changes.ReadAsync(stop);
            var upserts = new List<KeyValuePair<string, byte[]>>();
            foreach (var (key, value) in change.Upserts)
            {
                upserts.Add(new(key, value.ToArray()));
            }

            await ledger.ApplyWhenThereIsRoom(upserts, change.Removals, clock, stop);
            change.Committed();
            loop.DesiredChanged();
            taken?.Invoke();
        }
    }
}
