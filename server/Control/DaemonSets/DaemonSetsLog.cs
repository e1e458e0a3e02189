using Edge.Server.Control.Workloads;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.DaemonSets;

internal static partial class DaemonSetsLog
{
    [LoggerMessage(1540, LogLevel.Information, "DaemonSet {Set}: {Created} pods to make, {Deleted} to delete")]
    public static partial void Changed(this ILogger log, string set, int created, int deleted);

    [LoggerMessage(1541, LogLevel.Information, "DaemonSet {Set}: {Step}")]
    public static partial void Remembered(this ILogger log, string set, RevisionStep step);
}
