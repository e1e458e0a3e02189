namespace Edge.Server.Control.Deployments;

/// <summary>
/// The next steps of a rollout (apps/v1 DeploymentStrategy), with upstream's arithmetic; only that replicas of the
/// newest set on nodes out of reach count as settled, so that they hold up nobody. Pure.
/// </summary>
internal static class Rollout
{
    /// <summary>At most one of growing and shrinking at a time, so that each is counted before the next.</summary>
    public static IReadOnlyList<DeploymentStep> Rolling(DeploymentState state)
    {
        if (state.New is not { } fresh)
        {
            return [new DeploymentStep.CreateSet(state.NewName, NewSize(state, 0), state.NextRevision)];
        }

        var size = fresh.Replicas > state.Replicas ? state.Replicas : NewSize(state, fresh.Replicas);
        return size != fresh.Replicas
            ? [new DeploymentStep.Scale(fresh.Name, fresh.Replicas, size)]
            : ShrinkOld(state, fresh);
    }

    /// <summary>All old pods end before the first new one starts, those out of reach included.</summary>
    public static IReadOnlyList<DeploymentStep> Recreate(DeploymentState state)
    {
        var old = state.Old.Where(set => set.Replicas > 0).ToList();
        if (old.Count > 0)
        {
            return [.. old.Select(set => new DeploymentStep.Scale(set.Name, set.Replicas, 0))];
        }

        if (state.Old.Any(set => set.HasRunning))
        {
            return [];
        }

        if (state.New is not { } fresh)
        {
            return [new DeploymentStep.CreateSet(state.NewName, state.Replicas, state.NextRevision)];
        }

        return fresh.Replicas == state.Replicas
            ? []
            : [new DeploymentStep.Scale(fresh.Name, fresh.Replicas, state.Replicas)];
    }

    private static int NewSize(DeploymentState state, int size)
    {
        var room = state.Replicas + state.MaxSurge - state.All.Sum(set => set.Size);
        return room <= 0 ? size : size + Math.Min(room, state.Replicas - size);
    }

    private static IReadOnlyList<DeploymentStep> ShrinkOld(DeploymentState state, RevisionSet fresh)
    {
        var old = state.Old.Where(set => set.Replicas > 0).ToList();
        var excess = state.All.Sum(set => set.Replicas) - state.MinAvailable - (fresh.Replicas - fresh.Settled);
        if (old.Count == 0 || excess <= 0)
        {
            return [];
        }

        // First what does not serve anyway, or a broken old revision could hold up its own replacement.
        var sizes = old.ToDictionary(set => set.Name, set => set.Replicas);
        var rest = excess;
        foreach (var set in old)
        {
            var cut = Math.Min(rest, set.Replicas - set.Serving);
            sizes[set.Name] -= cut;
            rest -= cut;
        }

        var spare = old.Sum(set => set.Serving) + fresh.Settled - state.MinAvailable;
        foreach (var set in old)
        {
            var cut = Math.Clamp(Math.Min(spare, rest), 0, sizes[set.Name]);
            sizes[set.Name] -= cut;
            spare -= cut;
            rest -= cut;
        }

        return
        [
            .. old.Where(set => sizes[set.Name] != set.Replicas)
                .Select(set => new DeploymentStep.Scale(set.Name, set.Replicas, sizes[set.Name])),
        ];
    }
}
