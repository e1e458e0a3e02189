namespace Edge.Server.Control.Deployments;

/// <summary>
/// Spreads a change of <c>spec.replicas</c> over the sets that have pods, in the shares they have, so that a scaling in
/// the middle of a rollout risks no more than before (upstream's proportional scaling). Pure.
/// </summary>
internal static class ProportionalScale
{
    /// <summary>
    /// True when the Deployment was scaled since its sets were: not a rollout, but its size changed. Where several sets
    /// have pods and all are to end first, there is nothing to spread it over (upstream waits there for ever).
    /// </summary>
    public static bool ComesFirst(DeploymentState state) =>
        state.All.Any(set => set.Replicas > 0 && set.Desired is { } desired && desired != state.Replicas)
        && (state.IsRolling || state.All.Count(set => set.Replicas > 0) <= 1);

    public static IReadOnlyList<DeploymentStep> Of(DeploymentState state)
    {
        var active = state.All.Where(set => set.Replicas > 0).ToList();
        if (active.Count <= 1)
        {
            return ActiveOrLatest(state, active) is { } only
                && (only.Replicas != state.Replicas || only.Desired != state.Replicas)
                ? [new DeploymentStep.Scale(only.Name, only.Replicas, state.Replicas)]
                : [];
        }

        if (state.New is { } fresh && fresh.Replicas == state.Replicas && fresh.Desired == state.Replicas
            && fresh.Settled == state.Replicas)
        {
            // The new set does it all: what is left of the old ones can go.
            return
            [
                .. active.Where(set => set.Name != fresh.Name)
                    .Select(set => new DeploymentStep.Scale(set.Name, set.Replicas, 0)),
            ];
        }

        return state.IsRolling ? Shares(state, active) : [];
    }

    private static IReadOnlyList<DeploymentStep> Shares(DeploymentState state, List<RevisionSet> active)
    {
        var allowed = state.Replicas > 0 ? state.Replicas + state.MaxSurge : 0;
        var toAdd = allowed - active.Sum(set => set.Replicas);
        // Larger sets first; of equal ones the newer gains first and the older loses first.
        var sorted = active.OrderByDescending(set => set.Replicas);
        var ordered = (toAdd >= 0
            ? sorted.ThenByDescending(set => set.Set.Metadata.CreationTimestamp)
            : sorted.ThenBy(set => set.Set.Metadata.CreationTimestamp)).ToList();
        var sizes = new List<int>();
        var added = 0;
        foreach (var set in ordered)
        {
            var share = Share(state, set, toAdd, added);
            added += share;
            sizes.Add(set.Replicas + share);
        }

        // What rounding left over goes to the largest.
        sizes[0] = Math.Max(sizes[0] + toAdd - added, 0);
        return
        [
            .. ordered.Zip(sizes).Where(pair => pair.First.Replicas != pair.Second
                    || pair.First.Desired != state.Replicas)
                .Select(pair => new DeploymentStep.Scale(pair.First.Name, pair.First.Replicas, pair.Second)),
        ];
    }

    private static int Share(DeploymentState state, RevisionSet set, int toAdd, int added)
    {
        var left = toAdd - added;
        if (toAdd == 0 || left == 0)
        {
            return 0;
        }

        var share = Fraction(state, set);
        return toAdd > 0 ? Math.Min(share, left) : Math.Max(share, left);
    }

    private static int Fraction(DeploymentState state, RevisionSet set)
    {
        if (state.Replicas == 0)
        {
            return -set.Replicas;
        }

        var before = set.Max > 0 ? set.Max : state.Deployment.Status?.Replicas ?? 0;
        if (before == 0)
        {
            return 0;
        }

        var after = (double)set.Replicas * (state.Replicas + state.MaxSurge) / before;
        return (int)Math.Round(after, MidpointRounding.AwayFromZero) - set.Replicas;
    }

    private static RevisionSet? ActiveOrLatest(DeploymentState state, List<RevisionSet> active) =>
        active.Count == 1 ? active[0] : state.New ?? (state.Old.Count > 0 ? state.Old[^1] : null);
}
