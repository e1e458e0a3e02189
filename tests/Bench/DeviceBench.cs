using System.Diagnostics;
using Edge.Server.Schedule;
using Edge.Server.Schedule.Demand;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Bench;

/// <summary>
/// How long it takes to choose a node and its devices one by one, on 1,000 nodes with eight GPUs each, from all free to
/// nearly none, and on as full a fleet while pods come and go. Needs no fleet.
/// </summary>
internal static class DeviceBench
{
    private const int Nodes = 1_000;
    private const int Gpus = 8;
    private const double P99Milliseconds = 5;

    /// <summary>Of the devices, when the fleet counts as full.</summary>
    private const double Full = 0.9;

    private const int Changes = 2_000;

    /// <summary>What pods ask for, in turns.</summary>
    private static readonly int[] s_asked = [1, 1, 2, 4, 1, 8, 2, 1, 3];

    public static IReadOnlyList<Figure> Run()
    {
        // What the compiler of this process does meanwhile is not the scheduler's; the published one has none.
        new Course(Nodes).Fill();
        var course = new Course(Nodes);
        var (filling, _) = course.Fill();
        var (changing, perSecond) = course.Change(Changes);
        return
        [
            new Figure("device-placement-p50", changing[changing.Count / 2], "ms", Bound.Max, P99Milliseconds),
            new Figure(
                "device-placement-p99", Math.Max(P99(filling), P99(changing)), "ms", Bound.Max, P99Milliseconds),
            new Figure("device-placements-per-second", perSecond, "1/s", Bound.Min, 1e3 / P99Milliseconds),
        ];
    }

    private static double P99(List<double> times) => times[times.Count * 99 / 100];

    /// <summary>One fleet, and the pods that it has.</summary>
    private sealed class Course
    {
        private readonly int _nodes;
        private readonly ClusterState _cluster = new();
        private readonly ClusterFeed _feed;
        private readonly Placement _placement;
        private readonly Queue<(PodFacts Pod, int Count)> _placed = new();
        private List<double> _times = [];
        private int _index;
        private int _held;

        public Course(int nodes)
        {
            _nodes = nodes;
            _feed = new ClusterFeed(_cluster, new PendingPods(), NullLogger.Instance);
            _feed.ListNodes(new Listing(
                1, [.. Enumerable.Range(0, nodes).Select(node => BenchObjects.GpuNode(node, Gpus))]));
            _placement = new Placement(_cluster);
        }

        public (List<double> Times, double PerSecond) Fill() => Time("filling", 1, Place);

        public (List<double> Times, double PerSecond) Change(int changes) => Time("changing", changes, () =>
        {
            var (gone, count) = _placed.Dequeue();
            _cluster.Release(gone.Key);
            _held -= count;
            Place();
        });

        private (List<double> Times, double PerSecond) Time(string what, int rounds, Action round)
        {
            _times = [];
            for (var done = 0; done < rounds; done++)
            {
                round();
            }

            _times.Sort();
            var perSecond = 1e3 * _times.Count / _times.Sum();
            Console.Error.WriteLine(
                $"{what} {_nodes} nodes: {_times.Count} pods, p50 {_times[_times.Count / 2]:f2} ms, "
                + $"p99 {P99(_times):f2} ms, slowest {_times[^1]:f2} ms, {perSecond:f0}/s");
            return (_times, perSecond);
        }

        private void Place()
        {
            while (_held < Full * _nodes * Gpus)
            {
                var count = s_asked[_index % s_asked.Length];
                var stored = BenchObjects.GpuPod(_index++, count);
                var since = Stopwatch.GetTimestamp();
                var pod = _feed.ReadPod(stored)!;
                var placed = _placement.Decide(pod, _index % _nodes) as PlacementOutcome.Placed;
                if (placed is not null)
                {
                    _cluster.Assign(pod, placed.Node, placed.DeviceIds);
                }

                _times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
                // Nowhere: what is left is in pieces too small for this one.
                if (placed is not null)
                {
                    Count(pod, count, placed.DeviceIds);
                }
            }
        }

        private void Count(PodFacts pod, int count, IReadOnlyList<string> ids)
        {
            if (ids.Distinct().Count() != count)
            {
                throw new InvalidOperationException($"pod {pod.Key} has {ids.Count} devices of {count}");
            }

            _placed.Enqueue((pod, count));
            _held += count;
        }
    }
}
