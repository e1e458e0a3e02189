using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Jobs;

/// <summary>
/// How long a Job waits before it makes a pod again: 10 s after the first failure, doubling to 6 min. It is told by the
/// pods that are there, so that it outlives the server; a pod that was deleted holds up nobody. Pure.
/// </summary>
internal static class JobBackoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(6);

    /// <summary>By the failures since the last success; zero when a pod may be made now.</summary>
    public static TimeSpan Rest(IEnumerable<PodView> pods, DateTimeOffset now)
    {
        DateTimeOffset? success = null;
        var failures = new List<DateTimeOffset>();
        foreach (var pod in pods)
        {
            var ended = pod.EndedBy(now);
            if (pod.Phase == "Succeeded")
            {
                success = success is null || ended > success ? ended : success;
            }
            else if (pod is { Phase: "Failed", IsDeleting: false })
            {
                failures.Add(ended);
            }
        }

        failures.RemoveAll(ended => ended <= success);
        return failures.Count == 0 ? TimeSpan.Zero : Rest(failures.Count, failures.Max(), now);
    }

    /// <summary>By the failures of one index, of which <paramref name="pod"/> was the last.</summary>
    public static TimeSpan RestOf(PodView pod, DateTimeOffset now) => pod.IsDeleting
        ? TimeSpan.Zero
        : Rest(
            JobState.Number(pod, JobState.FailuresAnnotation, 0) + JobState.Number(pod, JobState.IgnoredAnnotation, 0)
                + 1,
            pod.EndedBy(now), now);

    private static TimeSpan Rest(int failures, DateTimeOffset last, DateTimeOffset now)
    {
        var grown = First * Math.Pow(2, Math.Min(failures - 1, 20));
        var rest = last + (grown < Most ? grown : Most) - now;
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }
}
