using Edge.Server.Control.Workloads;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.StatefulSets;

internal static partial class StatefulSetsLog
{
    [LoggerMessage(1530, LogLevel.Information, "StatefulSet {Set}: {Step}")]
    public static partial void Steps(this ILogger log, string set, StatefulSetStep step);

    [LoggerMessage(1531, LogLevel.Information, "StatefulSet {Set}: {Step}")]
    public static partial void Remembered(this ILogger log, string set, RevisionStep step);
}
