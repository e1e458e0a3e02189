namespace Edge.Server.Control.StatefulSets;

/// <summary>One thing to do for a StatefulSet.</summary>
internal abstract record StatefulSetStep
{
    private StatefulSetStep()
    {
    }

    /// <summary>Make the claim of a number on a volume.</summary>
    internal sealed record CreateClaim(string Claim, int Ordinal, ClaimOwner Owner) : StatefulSetStep;

    /// <summary>Change with whose deletion a claim goes.</summary>
    internal sealed record OwnClaim(string Claim, int Ordinal, ClaimOwner Owner) : StatefulSetStep;

    /// <summary>Make the pod of a number.</summary>
    internal sealed record CreatePod(string Pod, int Ordinal, string Revision) : StatefulSetStep;

    /// <summary>Put the labels of its number back on a pod.</summary>
    internal sealed record MarkPod(string Pod, int Ordinal) : StatefulSetStep;

    internal sealed record DeletePod(string Pod) : StatefulSetStep;
}
