using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.CronJobs;

/// <summary>Makes a Job at each time of a schedule, and forgets old ones (batch/v1).</summary>
internal sealed class CronJobsController(
    Objects objects, OwnedIndex<Job> jobs, CronJobWriter writer, TimeProvider time,
    ILogger<CronJobsController> log) : IController
{
    private static readonly ResourceKind<CronJob> s_kind = Resources.CronJobs;

    public string Name => "cronjobs";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Own(s_kind.Prefix()),
        jobs.Source(KeysOf, AllKeys),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (Read(key) is not { } state)
        {
            return null;
        }

        var plan = CronJobPlan.Of(state, time.GetUtcNow());
        if (plan.Run is { } due)
        {
            log.Due(key, due);
        }

        await writer.Delete(state.CronJob, plan.Delete, ct);
        if (!await writer.Run(state, plan, ct))
        {
            return TimeSpan.Zero;
        }

        foreach (var told in plan.Events)
        {
            await writer.Tell(state.CronJob, told, ct);
        }

        return plan.CheckAgain;
    }

    /// <summary>Null when the CronJob is gone.</summary>
    internal CronJobState? Read(string key)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { } cronJob)
        {
            return null;
        }

        // Read anew each time: its rules may come with an update of the machine.
        TimeZoneInfo? zone = time.LocalTimeZone;
        if (cronJob.Spec.TimeZone is { } named && !TimeZoneInfo.TryFindSystemTimeZoneById(named, out zone))
        {
            zone = null;
        }

        return new CronJobState(cronJob, jobs.OwnedBy(cronJob.Metadata.Uid!), zone);
    }

    private static IEnumerable<string> KeysOf(OwnedView job) =>
        job.Controller is { Kind: "CronJob" } owner ? [$"{job.Namespace}/{owner.Name}"] : [];

    private IEnumerable<string> AllKeys() => ControllerKey.All(objects.Store, s_kind);
}
