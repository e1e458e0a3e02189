using System.Globalization;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Usage;

/// <summary>
/// What this node has spent since its agent began. Counting costs an addition where bytes go by; nothing of it is kept
/// on disk, and it is told when somebody asks, and once a day.
/// </summary>
/// <param name="link">Where the bytes of the link are counted.</param>
/// <param name="ledger">Counts its own.</param>
/// <param name="runtime">Counts logs and layers.</param>
/// <param name="pods">Reads what the kernel counts of the pods.</param>
/// <param name="clock">Says how long it counted.</param>
internal sealed class Spending(
    LinkTraffic link, NodeLedger ledger, ContainerdRuntime runtime, CgroupReader pods, TimeProvider clock)
{
    /// <summary>Soon enough for a person who sets a node up; a day's telling costs half a kilobyte.</summary>
    private static readonly TimeSpan FirstAfter = TimeSpan.FromHours(1);

    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    private readonly long _began = clock.GetTimestamp();

    public static Spending OfThisNode(
        LinkTraffic link, NodeLedger ledger, ContainerdRuntime runtime, string podsRoot, TimeProvider clock) =>
        new(link, ledger, runtime, new CgroupReader("/sys/fs/cgroup", podsRoot), clock);

    public NodeBudgets Now()
    {
        var items = new List<SpentBytes>();
        link.Tell((feature, sent, received) =>
        {
            Add(SpentBytes.Sent, feature, sent);
            Add(SpentBytes.Received, feature, received);
        });
        Add(SpentBytes.Fetched, "images", runtime.LayerBytesFetched);
        Add(SpentBytes.Written, "ledger", ledger.BytesWritten);
        Add(SpentBytes.Written, "logs", runtime.LogBytesWritten);
        Add(SpentBytes.Written, "images", runtime.LayerBytesFetched);
        Add(SpentBytes.Written, "agent", OfThisProcess());
        if (pods.BytesWritten() is { } written)
        {
            Add(SpentBytes.Written, "pods", written);
        }

        return new NodeBudgets { Seconds = (long)clock.GetElapsedTime(_began).TotalSeconds, Items = items };

        void Add(string way, string feature, long bytes) =>
            items.Add(new SpentBytes { Way = way, Feature = feature, Bytes = bytes });
    }

    public async Task Tell(Action<NodeBudgets> report, CancellationToken cancellation)
    {
        for (var wait = FirstAfter; ; wait = Every)
        {
            await Task.Delay(wait, clock, cancellation);
            report(Now());
        }
    }

    /// <summary>What the kernel wrote to disks for the agent: ledger, logs and the rest, in whole pages.</summary>
    private static long OfThisProcess()
    {
        const string Name = "write_bytes: ";
        foreach (var line in File.ReadLines("/proc/self/io"))
        {
            if (line.StartsWith(Name, StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(Name.Length), NumberStyles.None, CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }
}
