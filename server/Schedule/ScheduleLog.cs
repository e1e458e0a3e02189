using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule;

internal static partial class ScheduleLog
{
    [LoggerMessage(1401, LogLevel.Information, "Pod {Pod} was placed on node {Node} with score {Score}")]
    public static partial void Placed(this ILogger log, string pod, string node, long score);

    [LoggerMessage(1402, LogLevel.Information, "Pod {Pod} fits nowhere: {Message}")]
    public static partial void FitsNowhere(this ILogger log, string pod, string message);

    [LoggerMessage(1403, LogLevel.Warning, "Placement of pod {Pod} could not be written; it is tried again")]
    public static partial void WriteFailed(this ILogger log, Exception failure, string pod);

    [LoggerMessage(1404, LogLevel.Information, "Pod {Pod} made {Count} pods of lower priority leave node {Node}")]
    public static partial void Preempted(this ILogger log, string pod, int count, string node);

    [LoggerMessage(1405, LogLevel.Warning, "Pod {Pod} cannot be read and is left out")]
    public static partial void PodUnreadable(this ILogger log, Exception fault, string pod);

    [LoggerMessage(1406, LogLevel.Warning, "Node {Node} cannot be read; what was known of it stays")]
    public static partial void NodeUnreadable(this ILogger log, Exception fault, string node);
}
