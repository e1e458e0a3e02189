using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.ReplicaSets;

internal static partial class ReplicaSetsLog
{
    [LoggerMessage(1510, LogLevel.Debug, "ReplicaSet {Set}: {Created} pods to make, {Deleted} to delete")]
    public static partial void Scaled(this ILogger log, string set, int created, int deleted);
}
