using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>What a pod uses of one resource, in thousandths of its unit.</summary>
/// <param name="Milli">How much.</param>
/// <param name="At">The end of the window that it was counted over.</param>
/// <param name="Window">How long that was.</param>
internal sealed record MetricValue(long Milli, DateTimeOffset At, TimeSpan Window);

/// <summary>
/// The pods of a target by what their metrics are worth, as upstream groups them. Pure.
/// </summary>
internal sealed class PodGroups
{
    /// <summary>Upstream's cpu-initialization-period: a start uses more processor than the work.</summary>
    public static readonly TimeSpan CpuInitialization = TimeSpan.FromMinutes(5);

    /// <summary>Upstream's initial-readiness-delay.</summary>
    public static readonly TimeSpan InitialReadiness = TimeSpan.FromSeconds(30);

    private PodGroups()
    {
    }

    /// <summary>What the counted pods use, by name.</summary>
    public Dictionary<string, long> Values { get; } = [];

    /// <summary>How many pods are counted.</summary>
    public int Ready { get; private set; }

    /// <summary>Pods that are not at work yet: they count for nothing when more are needed.</summary>
    public List<string> Unready { get; } = [];

    /// <summary>Pods of which nothing is known, such as those on a node out of reach.</summary>
    public List<string> Missing { get; } = [];

    public static PodGroups Of(
        IReadOnlyList<Pod> pods, IReadOnlyDictionary<string, MetricValue> values, string resource, DateTimeOffset now)
    {
        var groups = new PodGroups();
        foreach (var pod in pods)
        {
            var name = pod.Metadata.Name ?? "";
            var phase = pod.Status?.Phase;
            if (pod.Metadata.DeletionTimestamp is not null || phase == "Failed")
            {
                continue;
            }

            if (phase is null or "" or "Pending")
            {
                groups.Unready.Add(name);
            }
            else if (!values.TryGetValue(name, out var value))
            {
                groups.Missing.Add(name);
            }
            else if (resource == "cpu" && IsStarting(pod, value, now))
            {
                groups.Unready.Add(name);
            }
            else
            {
                groups.Ready++;
                groups.Values[name] = value.Milli;
            }
        }

        return groups;
    }

    private static bool IsStarting(Pod pod, MetricValue value, DateTimeOffset now)
    {
        var ready = (pod.Status?.Conditions ?? []).FirstOrDefault(condition => condition.Type == "Ready");
        if (ready is null || pod.Status?.StartTime is not { } start)
        {
            return true;
        }

        var changed = ready.LastTransitionTime ?? start;
        var isUnready = ready.Status == "False";
        if (start > now || changed > now)
        {
            // Of a device whose clock is ahead: what it says of times is worth nothing.
            return isUnready;
        }

        // While it may still be starting, a whole window since it became ready is needed; later only pods that have
        // never been ready are left out.
        return start + CpuInitialization > now
            ? isUnready || value.At < changed + value.Window
            : isUnready && start + InitialReadiness > changed;
    }
}
