using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.StatefulSets;

/// <summary>
/// Makes missing pods from the lowest number up and takes surplus ones from the highest down, in upstream's order
/// (apps/v1 podManagementPolicy). Pure. A replica on a node out of reach holds up the making of those after it, except
/// while a rollout is under way: then it is passed over, or the rollout would take pods down and not make them again.
/// It never holds up shrinking, which only asks that the numbers above have ended.
/// </summary>
internal sealed class Scaling(StatefulSetState state, ReplicaRange range, List<StatefulSetStep> steps)
{
    /// <summary>Steps of one look, about as many as a ReplicaSet's; what is left over is the next one's.</summary>
    private const int BurstMax = 500;

    /// <summary>False while something has to be waited for before pods may be updated.</summary>
    public bool Walk()
    {
        foreach (var replica in range.Wanted)
        {
            if (steps.Count >= BurstMax)
            {
                return false;
            }

            switch (Process(replica))
            {
                case Verdict.Wait when state.IsOrdered:
                    return false;
                case Verdict.Absent when state.IsOrdered && !state.IsRolloutUnderWay:
                    Shrink();
                    return false;
            }
        }

        return Shrink();
    }

    private Verdict Process(Replica replica)
    {
        if (replica.Pod is not { } pod)
        {
            Create(replica);
            return Verdict.Wait;
        }

        if (pod.IsFinished)
        {
            // The next look makes a new one, once this one is gone from the store.
            Delete(replica);
            return Verdict.Wait;
        }

        if (!pod.IsDeleting)
        {
            Mend(replica, pod);
        }

        return replica.IsAbsent ? Verdict.Absent : replica.IsAvailable ? Verdict.Well : Verdict.Wait;
    }

    /// <summary>Never while a claim of the number is about to go: the new pod would lose it.</summary>
    private void Create(Replica replica)
    {
        var claims = VolumeClaims.Of(state.Set, replica.Ordinal).ToList();
        if (claims.Any(claim => state.Claims.GetValueOrDefault(claim.Name) is { } found
            && VolumeClaims.IsLeaving(found, replica.Name)))
        {
            return;
        }

        OwnClaims(replica);
        steps.Add(new StatefulSetStep.CreatePod(
            replica.Name, replica.Ordinal, state.RevisionFor(replica.Ordinal)));
    }

    /// <summary>Identity and claims as the number's should be.</summary>
    private void Mend(Replica replica, PodView pod)
    {
        OwnClaims(replica);
        if (!VolumeClaims.AreUsedBy(pod, state.Set, replica.Ordinal))
        {
            // Volumes of a pod cannot be changed.
            Delete(replica);
        }
        else if (!StatefulPod.HasIdentity(pod, replica))
        {
            steps.Add(new StatefulSetStep.MarkPod(replica.Name, replica.Ordinal));
        }
    }

    private void OwnClaims(Replica replica)
    {
        var wanted = VolumeClaims.OwnerFor(state.Set, state.IsInRange(replica.Ordinal));
        foreach (var claim in VolumeClaims.Of(state.Set, replica.Ordinal))
        {
            if (state.Claims.GetValueOrDefault(claim.Name) is not { } found)
            {
                if (state.IsInRange(replica.Ordinal))
                {
                    steps.Add(new StatefulSetStep.CreateClaim(claim.Name, replica.Ordinal, wanted));
                }
            }
            else if (VolumeClaims.OwnerOf(found, state.Set, replica.Pod) is { } owner && owner != wanted)
            {
                steps.Add(new StatefulSetStep.OwnClaim(claim.Name, replica.Ordinal, wanted));
            }
        }
    }

    private bool Shrink()
    {
        foreach (var replica in range.Surplus)
        {
            OwnClaims(replica);
        }

        foreach (var replica in range.Surplus.Take(BurstMax))
        {
            // A pod that is not well waits for the others, unless it is the first of those: upstream's order.
            var waits = replica.IsDeleting
                || (!replica.IsAvailable && !replica.IsAbsent && replica != range.FirstUnavailable);
            if (!replica.IsDeleting && !(waits && state.IsOrdered))
            {
                Delete(replica);
            }

            if (state.IsOrdered)
            {
                return false;
            }
        }

        return true;
    }

    private void Delete(Replica replica)
    {
        if (!replica.IsDeleting)
        {
            steps.Add(new StatefulSetStep.DeletePod(replica.Name));
        }
    }

    private enum Verdict
    {
        Well,
        Wait,
        Absent,
    }
}
