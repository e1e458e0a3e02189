namespace Edge.Server.Control.Deployments;

/// <summary>One thing to do for a Deployment.</summary>
internal abstract record DeploymentStep
{
    private DeploymentStep()
    {
    }

    /// <summary>Take over a set that nobody manages.</summary>
    internal sealed record Adopt(string Set) : DeploymentStep;

    /// <summary>Let go a set that matches no more.</summary>
    internal sealed record Release(string Set) : DeploymentStep;

    /// <summary>Make the set of the present template.</summary>
    internal sealed record CreateSet(string Set, int Replicas, long Revision) : DeploymentStep;

    /// <summary>Change a set's size, and what it says of the Deployment's size.</summary>
    internal sealed record Scale(string Set, int From, int To) : DeploymentStep;

    /// <summary>Bring the newest set's revision and annotations up to date, and with them the Deployment's.</summary>
    internal sealed record Mark(string Set, long Revision) : DeploymentStep;

    /// <summary>Delete a set that no history needs.</summary>
    internal sealed record DeleteSet(string Set) : DeploymentStep;
}
