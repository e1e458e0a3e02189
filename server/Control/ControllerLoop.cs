using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control;

/// <summary>Runs one controller: watches feed its queue, workers empty it.</summary>
internal sealed class ControllerLoop(
    IController controller, ObjectStore store, TimeProvider time, ILogger<ControllerLoop> log)
{
    /// <summary>Keys worked on at once; a few, so that their writes share one commit of the store.</summary>
    private const int Workers = 4;

    public async Task Run(CancellationToken ct)
    {
        using var queue = new KeyQueue(time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var tasks = controller.Sources.Select(source => Feed(queue, source, stop.Token))
            .Concat(Enumerable.Range(0, Workers).Select(_ => Work(queue, stop.Token)))
            .ToList();

        // Whichever task ends first ends the others, so that a fault is seen and not waited out.
        var first = await Task.WhenAny(tasks);
        await stop.CancelAsync();
        await Task.WhenAll(tasks).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None,
            TaskScheduler.Default);
        await first;
    }

    private async Task Feed(KeyQueue queue, WatchSource source, CancellationToken ct)
    {
        await foreach (var step in store.Follow(source.Prefix, ct))
        {
            foreach (var key in source.KeysIn(step))
            {
                queue.Add(key);
            }
        }
    }

    private async Task Work(KeyQueue queue, CancellationToken ct)
    {
        while (true)
        {
            var key = await queue.Take(ct);
            try
            {
                var again = await controller.Sync(key, ct);
                queue.Done(key);
                if (again is { } wait)
                {
                    queue.AddAfter(key, wait);
                }
            }
#pragma warning disable CA1031 // The edge of the loop: one key's failure must not stop the others.
            catch (Exception failure) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
            {
                var wait = queue.Failed(key);
                log.SyncFailed(failure, controller.Name, key, wait.TotalSeconds);
            }
        }
    }
}
