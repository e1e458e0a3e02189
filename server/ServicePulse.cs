using Edge.Proto;
using Edge.Server.Store;

namespace Edge.Server;

/// <summary>
/// Tells systemd that the server serves, and again and again that it lives: each time after an empty transaction went
/// the way of every write, which costs the disk nothing.
/// </summary>
internal sealed class ServicePulse(ObjectStore store, ServiceNotice notice, TimeProvider time)
{
    public async Task Run(CancellationToken cancel)
    {
        notice.Ready();
        while (true)
        {
            // A full disk refuses what went with it; that is no reason to start again.
            await ((Task)store.Txn([], [], cancel)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.ThrowIfCancellationRequested();
            notice.Beat();
            var pause = notice.BeatEvery == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : notice.BeatEvery;
            await Task.Delay(pause, time, cancel);
        }
    }
}
