using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Jobs;

internal static partial class JobsLog
{
    [LoggerMessage(1380, LogLevel.Debug, "Job {Job}: {Created} pods to make, {Deleted} to delete")]
    public static partial void Acts(this ILogger log, string job, int created, int deleted);

    [LoggerMessage(1381, LogLevel.Information, "Pod {Pod} was let go: no Job will count it")]
    public static partial void Released(this ILogger log, string pod);

    [LoggerMessage(1382, LogLevel.Information, "Job {Job} was deleted, {Seconds} s after it finished")]
    public static partial void Expired(this ILogger log, string job, int seconds);
}
