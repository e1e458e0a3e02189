using System.Threading.Channels;
using Edge.Agent.Runtime;

namespace Edge.Agent.Reconcile;

/// <summary>
/// Turns the runtime's events into wake-ups; what they say is never believed, only looked at. The node's own state
/// changes when the runtime comes or goes, and with its images.
/// </summary>
internal static class RuntimeHints
{
    public static async Task Follow(
        ChannelReader<RuntimeEvent> events, ReconcileLoop loop, Action nodeChanged, CancellationToken cancellation)
    {
        await foreach (var hint in events.ReadAllAsync(cancellation))
        {
            switch (hint)
            {
                case RuntimeEvent.Started started:
                    loop.Wake(UidOf(started.ContainerId));
                    break;
                case RuntimeEvent.Exited exited:
                    loop.Wake(UidOf(exited.ContainerId));
                    break;
                case RuntimeEvent.OutOfMemory killed:
                    loop.Wake(UidOf(killed.ContainerId));
                    break;
                case RuntimeEvent.Resync:
                    loop.WakeAll();
                    nodeChanged();
                    break;
                case RuntimeEvent.Lost:
                case RuntimeEvent.ImagesChanged:
                    nodeChanged();
                    break;
            }
        }
    }

    /// <summary>A container's id is its pod's uid, a hash of its name and the attempt, joined by dashes.</summary>
    internal static string UidOf(string containerId)
    {
        var attempt = containerId.LastIndexOf('-');
        var hash = attempt > 0 ? containerId.LastIndexOf('-', attempt - 1) : -1;
        return hash > 0 ? containerId[..hash] : containerId;
    }
}
