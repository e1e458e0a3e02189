using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.StatefulSets;

/// <summary>A StatefulSet's numbers with their pods. Pure.</summary>
/// <param name="Wanted">The numbers that should be there, the lowest first.</param>
/// <param name="Surplus">Pods with other numbers, the highest first.</param>
internal sealed record ReplicaRange(IReadOnlyList<Replica> Wanted, IReadOnlyList<Replica> Surplus)
{
    /// <summary>
    /// The first that is not well, of the wanted ones before the others; upstream lets it go out of turn.
    /// </summary>
    public Replica? FirstUnavailable { get; } =
        Wanted.FirstOrDefault(replica => !replica.IsAvailable && !replica.IsAbsent)
        ?? Surplus.LastOrDefault(replica => !replica.IsAvailable);

    public static ReplicaRange Of(StatefulSetState state, IEnumerable<PodView> pods, DateTimeOffset now)
    {
        var set = state.Set;
        var wanted = new PodView?[state.Replicas];
        var surplus = new List<Replica>();
        foreach (var pod in pods)
        {
            if (Ordinals.Of(set.Metadata, pod.Name) is not { } ordinal)
            {
                continue;
            }

            if (state.IsInRange(ordinal))
            {
                wanted[ordinal - state.Start] = pod;
            }
            else
            {
                surplus.Add(View(ordinal, pod));
            }
        }

        return new ReplicaRange(
            [.. wanted.Select((pod, at) => View(state.Start + at, pod))],
            [.. surplus.OrderByDescending(replica => replica.Ordinal)]);

        Replica View(int ordinal, PodView? pod)
        {
            var absent = pod is not null && state.Absent.Contains(pod.NodeName);
            return new Replica(ordinal, Ordinals.PodName(set.Metadata, ordinal), pod, absent)
            {
                IsAvailable = !absent && pod is { IsRunningReady: true, IsDeleting: false }
                    && pod.IsAvailable(set.Spec.MinReadySeconds ?? 0, now),
            };
        }
    }
}
