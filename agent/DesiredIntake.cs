using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;

namespace Edge.Agent;

/// <summary>The way of desired, from the link by the ledger's disk to the loop.</summary>
internal static class DesiredIntake
{
    public static async Task Run(LinkClient link, NodeLedger ledger, ReconcileLoop loop, CancellationToken stop)
    {
        await foreach (var change in link.Desired.ReadAllAsync(stop))
        {
            var upserts = new List<KeyValuePair<string, byte[]>>();
            foreach (var (key, value) in change.Upserts)
            {
                upserts.Add(new(key, value.ToArray()));
            }

            await ledger.ApplyWhenThereIsRoom(upserts, change.Removals, TimeProvider.System, stop);
            change.Committed();
            loop.DesiredChanged();
        }
    }
}
