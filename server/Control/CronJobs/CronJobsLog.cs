using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.CronJobs;

internal static partial class CronJobsLog
{
    [LoggerMessage(1390, LogLevel.Information, "CronJob {CronJob}: its time {Time} has come")]
    public static partial void Due(this ILogger log, string cronJob, DateTimeOffset time);
}
