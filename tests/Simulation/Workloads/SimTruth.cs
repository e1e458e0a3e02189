using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>What really happened, over all lives of the server.</summary>
internal sealed class SimTruth
{
    private readonly Dictionary<string, JobTruth> _jobs = [];

    /// <summary>Pods that somebody took, or whose machine is gone.</summary>
    private readonly HashSet<string> _disrupted = [];

    private readonly HashSet<string> _scrapped = [];
    private int _uid;

    public string NewUid() => $"00000000-0000-0000-0000-{++_uid:x12}";

    /// <summary>A node began to run the pod; of a pod that a boot starts again it does not say so twice.</summary>
    public void Started(Pod pod)
    {
        if (OfJob(pod) is { } job)
        {
            Assert.True(
                job.Started.Add(pod.Metadata.Uid!) || _disrupted.Contains(pod.Metadata.Uid!),
                $"{pod.Metadata.Name} was started twice");
        }
    }

    /// <summary>The pod of a Job ended by itself.</summary>
    public void Ended(SimPod pod)
    {
        if (pod.Phase == "Succeeded" && OfJob(pod.Spec) is { } job)
        {
            job.Succeeded.Add(pod.Uid);
        }
    }

    public void Disrupted(string uid) => _disrupted.Add(uid);

    /// <summary>Nobody runs what is bound to this node.</summary>
    public void Scrapped(string node) => _scrapped.Add(node);

    /// <summary>Another machine has taken the node's name.</summary>
    public void Replaced(string node) => _scrapped.Remove(node);

    /// <summary>What pods there are; to be asked often, because they go.</summary>
    public void Look(Objects objects)
    {
        foreach (var pod in objects.List(Resources.Pods))
        {
            if (_scrapped.Contains(pod.Spec.NodeName ?? ""))
            {
                _disrupted.Add(pod.Metadata.Uid!);
            }

            OfJob(pod)?.Made.Add(pod.Metadata.Uid!);
        }
    }

    /// <summary>Of a Job that has come to rest: each of its pods counts once, as what it was.</summary>
    public void Check(Job job)
    {
        var truth = _jobs.GetValueOrDefault(job.Metadata.Uid!) ?? new JobTruth();
        var (name, succeeded, failed) = (job.Metadata.Name, job.Status?.Succeeded ?? 0, job.Status?.Failed ?? 0);
        Assert.True(
            succeeded <= truth.Succeeded.Count, $"{name}: {succeeded} counted, {truth.Succeeded.Count} succeeded");
        var unstarted = truth.Made.Except(truth.Started).ToList();
        Assert.All(unstarted, uid => Assert.True(_disrupted.Contains(uid), $"{name}: nobody started {uid}"));
        Assert.True(
            truth.Started.Count + unstarted.Count == succeeded + failed,
            $"{name}: {truth.Started.Count} started and {unstarted.Count} not, {succeeded} + {failed} counted");
    }

    private JobTruth? OfJob(Pod pod)
    {
        if (pod.Metadata.OwnerReferences is not [{ Kind: "Job" } owner, ..])
        {
            return null;
        }

        if (!_jobs.TryGetValue(owner.Uid, out var job))
        {
            _jobs[owner.Uid] = job = new JobTruth();
        }

        return job;
    }

    /// <summary>Uids of pods.</summary>
    private sealed class JobTruth
    {
        public HashSet<string> Made { get; } = [];

        public HashSet<string> Started { get; } = [];

        public HashSet<string> Succeeded { get; } = [];
    }
}
