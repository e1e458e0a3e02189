using System.Diagnostics;
using Edge.Server.Schedule;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Bench;

/// <summary>
/// How many pods are placed in a second on 5,000 nodes that hold 50,000 pods: decisions alone, and over a store on
/// disk. Needs no fleet.
/// </summary>
internal static class ScheduleBench
{
    private const int Nodes = 5_000;
    private const int Placed = 50_000;
    private const int Measured = 10_000;
    private const int Stored = 5_000;
    private const double PerSecond = 5_000;
    private const double P99Milliseconds = 5;

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        var cluster = new ClusterState();
        var feed = new ClusterFeed(cluster, new PendingPods(), NullLogger.Instance);
        feed.ListNodes(new Listing(1, [.. Enumerable.Range(0, Nodes).Select(BenchObjects.Node)]));
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var pod in Enumerable.Range(0, Placed).Select(index => BenchObjects.PlacedPod(index, Nodes)))
        {
            feed.ChangePod(new Change(ChangeType.Put, pod, null));
        }

        var perPod = (GC.GetTotalMemory(forceFullCollection: true) - heap) / (double)Placed;
        var placement = new Placement(cluster);
        Decide(cluster, feed, placement, BenchObjects.Related, "warm", Measured / 10);
        var related = Decide(cluster, feed, placement, BenchObjects.Related, "related", Measured);
        var plain = Decide(cluster, feed, placement, BenchObjects.Plain, "plain", Measured);
        var (stored, storedCpu) = await StoreBench();
        return
        [
            new Figure("placements-per-second", related.PerSecond, "1/s", Bound.Min, PerSecond),
            new Figure("placement-p99", related.P99, "ms", Bound.Max, P99Milliseconds),
            new Figure("placement-cpu", related.Cpu, "us", Bound.Max, 1e6 / PerSecond),
            new Figure("placements-plain-per-second", plain.PerSecond, "1/s", Bound.Min, PerSecond),
            new Figure("placements-stored-per-second", stored, "1/s", Bound.Min, PerSecond),
            new Figure("placement-stored-cpu", storedCpu, "us", Bound.Max, 2 * 1e6 / PerSecond),
            new Figure("scheduler-bytes-per-placed-pod", perPod, "bytes", Bound.Max, 600),
        ];
    }

    /// <summary>Each pod is read from its bytes, decided and counted, as the loop does; it stays.</summary>
    private static Measurement Decide(
        ClusterState cluster, ClusterFeed feed, Placement placement, Func<string, int, StoredObject> make,
        string prefix, int count)
    {
        var pods = Enumerable.Range(0, count).Select(index => make(prefix, index)).ToList();
        var times = new double[count];
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        for (var index = 0; index < count; index++)
        {
            var one = Stopwatch.GetTimestamp();
            var pod = feed.ReadPod(pods[index])!;
            if (placement.Decide(pod, index % Nodes) is not PlacementOutcome.Placed placed)
            {
                throw new InvalidOperationException($"pod {pod.Key} fits nowhere");
            }

            cluster.Assign(pod, placed.Node, placed.DeviceIds);
            times[index] = Stopwatch.GetElapsedTime(one).TotalMilliseconds;
        }

        var wall = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds;
        Array.Sort(times);
        return new Measurement(count / wall, times[count * 99 / 100], used / count);
    }

    /// <summary>The whole loop: pods are in the store, and it runs until all are bound there.</summary>
    private static async Task<(double PerSecond, double CpuMicroseconds)> StoreBench()
    {
        var directory = Directory.CreateTempSubdirectory("edge-bench-");
        try
        {
            await using var store = ObjectStore.Open(
                new StoreSettings(Path.Combine(directory.FullName, "edge.db"), new byte[SecretKeyFile.KeyBytes]),
                TimeProvider.System, NullLogger<ObjectStore>.Instance);
            var objects = new Objects(store, TimeProvider.System, () => Guid.NewGuid().ToString());
            var waiting = Enumerable.Range(0, Stored).Select(index => BenchObjects.Related("stored", index)).ToList();
            await PutAll(store,
            [
                BenchObjects.Namespace(), .. Enumerable.Range(0, Nodes).Select(BenchObjects.Node),
                .. Enumerable.Range(0, Placed).Select(index => BenchObjects.PlacedPod(index, Nodes)),
            ]);
            using var stop = new CancellationTokenSource();
            var loop = new SchedulerLoop(objects, new EventRecorder(objects, TimeProvider.System),
                TimeProvider.System, NullLogger<SchedulerLoop>.Instance);
            var running = loop.Run(stop.Token);
            await PutAll(store, [BenchObjects.Plain("first", 0)]);
            await AllBound(store, store.Revision - 1, 1);
            var (cpu, started) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp());
            var revision = store.Revision;
            var bound = AllBound(store, revision, Stored);
            await PutAll(store, waiting);
            await bound;
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds;
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return (Stored / seconds, used / Stored);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task PutAll(ObjectStore store, IReadOnlyList<StoredObject> objects)
    {
        foreach (var part in objects.Chunk(256))
        {
            await Task.WhenAll(part.Select(item => store.Txn([], [StoreOp.Put(item.Key, item.Value)], default)));
        }
    }

    private static async Task AllBound(ObjectStore store, long after, int count)
    {
        var bound = new HashSet<string>();
        await foreach (var change in store.Watch(Resources.Pods.Prefix(), after, default))
        {
            if (change.Type == ChangeType.Put && change.Object.Value.Span.IndexOf("\"nodeName\""u8) >= 0
                && bound.Add(change.Object.Key) && bound.Count == count)
            {
                return;
            }
        }
    }

    private readonly record struct Measurement(double PerSecond, double P99, double Cpu);
}
