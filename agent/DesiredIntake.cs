using System.Threading.Channels;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;

namespace Edge.Agent;

/// <summary>
/// Link ─▶ Ledger ─▶ Reconcile: what the server wants is on disk before it is acknowledged or acted on.
/// </summary>
internal static class DesiredIntake
{
    public static async Task Run(
        ChannelReader<DesiredChange> changes, NodeLedger ledger, ReconcileLoop loop, TimeProvider clock,
        CancellationToken stop)
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
        }
    }
}
