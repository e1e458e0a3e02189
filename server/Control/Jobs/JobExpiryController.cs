using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Jobs;

/// <summary>Deletes Jobs once they have been finished for long enough (batch/v1 ttlSecondsAfterFinished).</summary>
internal sealed class JobExpiryController(Objects objects, TimeProvider time, ILogger<JobExpiryController> log)
    : IController
{
    private static readonly ResourceKind<Job> s_kind = Resources.Jobs;

    public string Name => "job-expiry";

    public IReadOnlyList<WatchSource> Sources => [WatchSource.Own(s_kind.Prefix())];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { Metadata.DeletionTimestamp: null } job
            || job.Spec.TtlSecondsAfterFinished is not { } seconds
            || JobState.IsOver(job)?.LastTransitionTime is not { } finished)
        {
            return null;
        }

        var rest = finished.AddSeconds(seconds) - time.GetUtcNow();
        if (rest > TimeSpan.Zero)
        {
            return rest;
        }

        await objects.RequestDelete(
            s_kind, ns, name, job.Metadata.Uid, new DeletionWish(Propagation: Propagation.Foreground), ct);
        log.Expired(key, seconds);
        return null;
    }
}
