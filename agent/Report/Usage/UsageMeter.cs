using Edge.Agent.Ledger;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Usage;

/// <summary>
/// Says what the node and its containers use, when somebody asks and never else: there is no timer, and between two
/// questions only the last count is kept. A use of processors takes two counts, so whoever asks first waits for
/// <see cref="FirstWindow"/>; whoever asks again soon gets the mean since the question before.
/// </summary>
/// <param name="take">Counts now.</param>
/// <param name="clock">Says how far two counts are apart.</param>
internal sealed class UsageMeter(Func<UsageSample> take, TimeProvider clock) : IDisposable
{
    /// <summary>The shortest time that a rate is taken over: a hundred ticks of the kernel's count.</summary>
    public static readonly TimeSpan FirstWindow = TimeSpan.FromSeconds(1);

    /// <summary>
    /// An answer serves all who ask within this time. A third of what an autoscaler waits between two questions.
    /// </summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(5);

    /// <summary>A count older than this says nothing of what is used now.</summary>
    public static readonly TimeSpan WindowMax = TimeSpan.FromMinutes(1);

    /// <summary>The point of the machine itself; no container has such an id.</summary>
    private const string Machine = "";

    private readonly SemaphoreSlim _one = new(1, 1);
    private Dictionary<string, Point> _last = [];
    private (long At, NodeUsage Usage)? _answer;

    public static UsageMeter OfThisNode(NodeLedger ledger, string podsRoot, TimeProvider clock)
    {
        var groups = new CgroupReader("/sys/fs/cgroup", podsRoot);
        var machine = new MachineReader("/proc");
        return new UsageMeter(() => UsageSample.Take(ledger.Pods.Values, machine, groups, clock), clock);
    }

    public async Task<NodeUsage> Measure(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            if (_answer is not { } given || clock.GetElapsedTime(given.At) >= FreshFor)
            {
                _answer = given = await Count(cancellation);
            }

            return given.Usage with { AgeMilliseconds = (long)clock.GetElapsedTime(given.At).TotalMilliseconds };
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<(long At, NodeUsage Usage)> Count(CancellationToken cancellation)
    {
        var sample = take();
        var (points, someAreNew) = Starts(sample);
        if (someAreNew)
        {
            await Task.Delay(FirstWindow, clock, cancellation);
            sample = take();
        }

        _last = PointsOf(sample);
        return (sample.At, Usage(points, sample));
    }

    /// <summary>Where each container's rate begins: the last count, or this one where that is of no use.</summary>
    private (Dictionary<string, Point> Points, bool SomeAreNew) Starts(UsageSample sample)
    {
        var points = PointsOf(sample);
        var someAreNew = false;
        foreach (var id in points.Keys)
        {
            if (_last.TryGetValue(id, out var old) && clock.GetElapsedTime(old.At, sample.At) <= WindowMax)
            {
                points[id] = old;
            }
            else
            {
                someAreNew = true;
            }
        }

        return (points, someAreNew);
    }

    private static Dictionary<string, Point> PointsOf(UsageSample sample)
    {
        var points = new Dictionary<string, Point> { [Machine] = new(sample.At, sample.Total.CpuNanoseconds) };
        foreach (var container in sample.Containers)
        {
            points[container.Id] = new Point(sample.At, container.Used.CpuNanoseconds);
        }

        return points;
    }

    private NodeUsage Usage(Dictionary<string, Point> starts, UsageSample sample)
    {
        var pods = new List<PodUsage>();
        foreach (var group in sample.Containers.GroupBy(container => container.Pod.Uid))
        {
            var containers = new Dictionary<string, ResourceUsage>();
            var window = TimeSpan.MaxValue;
            foreach (var container in group)
            {
                // One that came between the two counts has no rate yet.
                if (starts.TryGetValue(container.Id, out var start))
                {
                    containers[container.Name] = Rate(start, sample.At, container.Used);
                    var own = clock.GetElapsedTime(start.At, sample.At);
                    window = own < window ? own : window;
                }
            }

            if (containers.Count > 0)
            {
                var pod = group.First().Pod;
                pods.Add(new PodUsage
                {
                    Uid = pod.Uid, Namespace = pod.Namespace, Name = pod.Name, Containers = containers,
                    WindowMilliseconds = (long)window.TotalMilliseconds,
                });
            }
        }

        return new NodeUsage
        {
            WindowMilliseconds = (long)clock.GetElapsedTime(starts[Machine].At, sample.At).TotalMilliseconds,
            Total = Rate(starts[Machine], sample.At, sample.Total),
            Pods = pods,
        };
    }

    private ResourceUsage Rate(Point start, long at, Counters used)
    {
        var seconds = clock.GetElapsedTime(start.At, at).TotalSeconds;
        var spent = Math.Max(0, used.CpuNanoseconds - start.CpuNanoseconds);
        return new ResourceUsage
        {
            CpuNanocores = seconds > 0 ? (long)(spent / seconds) : 0, MemoryBytes = used.MemoryBytes,
        };
    }

    /// <summary>What had been used when.</summary>
    private sealed record Point(long At, long CpuNanoseconds);
}
