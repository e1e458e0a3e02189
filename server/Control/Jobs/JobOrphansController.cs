using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Jobs;

/// <summary>
/// Lets go the pods that no Job will count any more, because theirs is gone or has finished; they could never be
/// deleted otherwise. The key is the pod's.
/// </summary>
internal sealed class JobOrphansController(Objects objects, PodIndex pods, ILogger<JobOrphansController> log)
    : IController
{
    public string Name => "job-orphans";

    public IReadOnlyList<WatchSource> Sources =>
    [
        pods.Source(KeysOf, () => []),
        new WatchSource(Resources.Jobs.Prefix(), PodsOf, AllKeys),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var pod = pods.Look(Resources.Pods.Prefix() + key);
        if (pod is not { IsTracked: true } || IsAwaited(pod))
        {
            return null;
        }

        await objects.Update(Resources.Pods, pod.Namespace, pod.Name, tree =>
            tree["metadata"]?["uid"]?.ToString() == pod.Uid && JobFinalizer.IsOn(tree)
                ? JobFinalizer.Remove(tree)
                : null, ct);
        pods.Look(pod.Key);
        log.Released(key);
        return null;
    }

    private bool IsAwaited(PodView pod)
    {
        if (pod.Controller is not { } owner)
        {
            return false;
        }

        if (owner.Kind != Resources.Jobs.Kind || owner.ApiVersion != Resources.Jobs.ApiVersion)
        {
            return true;
        }

        return objects.Get(Resources.Jobs, pod.Namespace, owner.Name) is { } job && job.Metadata.Uid == owner.Uid
            && JobState.IsOver(job) is null;
    }

    private static IEnumerable<string> KeysOf(PodView pod) =>
        pod.IsTracked ? [$"{pod.Namespace}/{pod.Name}"] : [];

    /// <summary>While the Job is there and goes on, its pods are its own affair.</summary>
    private IEnumerable<string> PodsOf(StoredObject stored) =>
        Objects.TryRead(Resources.Jobs, stored, log) is { } job
            && (JobState.IsOver(job) is not null || objects.Store.Get(stored.Key) is null)
            ? pods.OwnedBy(job.Metadata.Uid ?? "").SelectMany(KeysOf)
            : [];

    private IEnumerable<string> AllKeys()
    {
        var prefix = Resources.Pods.Prefix();
        return objects.Store.List(prefix).Items.Select(pod => pods.Look(pod.Key)).OfType<PodView>()
            .SelectMany(KeysOf);
    }
}
