using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// Which pods an owner keeps, takes over and lets go, by its selector (Kubernetes' ControllerRefManager). Pure.
/// </summary>
/// <param name="Kept">Its own pods that match, those on their way out included.</param>
/// <param name="Adopt">Pods that match and have nobody.</param>
/// <param name="Release">Its own pods that match no more.</param>
internal sealed record PodClaims(
    IReadOnlyList<PodView> Kept, IReadOnlyList<PodView> Adopt, IReadOnlyList<PodView> Release)
{
    /// <summary>What it counts: kept and adopted.</summary>
    public IEnumerable<PodView> All => Kept.Concat(Adopt);

    /// <param name="owner">An owner that is being deleted takes over and lets go nothing more.</param>
    /// <param name="selector">Its selector; an empty one, which the API refuses, claims nothing.</param>
    /// <param name="owned">The pods with its reference.</param>
    /// <param name="unowned">The namespace's pods without a controller.</param>
    public static PodClaims Of(
        ObjectMeta owner, LabelSelector? selector, IReadOnlyList<PodView> owned, IReadOnlyList<PodView> unowned)
    {
        if (selector is not { MatchLabels.Count: > 0 } and not { MatchExpressions.Count: > 0 })
        {
            return new PodClaims(owned, [], []);
        }

        if (owner.DeletionTimestamp is not null)
        {
            return new PodClaims([.. owned.Where(pod => selector.Matches(pod.Labels))], [], []);
        }

        return new PodClaims(
            [.. owned.Where(pod => selector.Matches(pod.Labels))],
            [.. unowned.Where(pod => pod.IsActive && selector.Matches(pod.Labels))],
            [.. owned.Where(pod => !selector.Matches(pod.Labels))]);
    }
}
