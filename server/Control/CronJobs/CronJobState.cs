using Edge.Proto.Model;

namespace Edge.Server.Control.CronJobs;

/// <summary>A CronJob and its Jobs, of one moment.</summary>
/// <param name="CronJob">The CronJob.</param>
/// <param name="Jobs">The Jobs with its reference, oldest first.</param>
/// <param name="Zone">Whose clocks its schedule means; null where this machine does not know the zone.</param>
internal sealed record CronJobState(CronJob CronJob, IReadOnlyList<Job> Jobs, TimeZoneInfo? Zone);
