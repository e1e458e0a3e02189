namespace Edge.Server.Control.StatefulSets;

/// <summary>
/// Which pods of an older template go next (apps/v1 RollingUpdate), from the highest number down. Pure. Replicas on
/// nodes out of reach are passed over: their old pods stay, and serve where they are, until the node is back and they
/// take their turn like any other. They count neither for nor against <c>maxUnavailable</c>.
/// </summary>
internal static class RollingUpdate
{
    public static IEnumerable<Replica> Next(StatefulSetState state, ReplicaRange range) =>
        state.MaxUnavailable == 1 ? OneByOne(state, range) : Several(state, range);

    /// <summary>Waits for each pod above to be well before the next goes.</summary>
    private static IEnumerable<Replica> OneByOne(StatefulSetState state, ReplicaRange range)
    {
        for (var at = range.Wanted.Count - 1; at >= state.Partition; at--)
        {
            var replica = range.Wanted[at];
            if (replica.IsAbsent)
            {
                continue;
            }

            if (IsOutdated(state, replica))
            {
                return [replica];
            }

            if (!replica.IsAvailable)
            {
                return [];
            }
        }

        return [];
    }

    private static List<Replica> Several(StatefulSetState state, ReplicaRange range)
    {
        var down = range.Wanted.Count(replica => !replica.IsAvailable && !replica.IsAbsent);
        var chosen = new List<Replica>();
        for (var at = range.Wanted.Count - 1; at >= state.Partition && down + chosen.Count < state.MaxUnavailable; at--)
        {
            var replica = range.Wanted[at];
            if (!replica.IsAbsent && IsOutdated(state, replica))
            {
                chosen.Add(replica);
            }
        }

        return chosen;
    }

    private static bool IsOutdated(StatefulSetState state, Replica replica) =>
        replica is { Pod: not null, IsDeleting: false, IsFinished: false }
        && replica.Revision != state.UpdateRevision;
}
