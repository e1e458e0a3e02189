using Edge.Proto.Model;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>What really happened, over all lives of the server.</summary>
internal sealed class SimTruth
{
    private readonly Dictionary<string, int> _startsOf = [];
    private int _uid;

    public string NewUid() => $"00000000-0000-0000-0000-{++_uid:x12}";

    /// <summary>A node began to run the pod.</summary>
    public void Started(Pod pod)
    {
        if (pod.Metadata.OwnerReferences is [{ Kind: "Job" } job, ..])
        {
            _startsOf[job.Uid] = _startsOf.GetValueOrDefault(job.Uid) + 1;
        }
    }

    /// <summary>How many pods of a Job were ever started.</summary>
    public int StartsOf(string? job) => job is null ? 0 : _startsOf.GetValueOrDefault(job);
}
