using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.TaintEviction;

internal static partial class TaintEvictionLog
{
    [LoggerMessage(1360, LogLevel.Information, "Pod {Pod} is deleted because of a NoExecute taint of node {Node}")]
    public static partial void Evicted(this ILogger log, string pod, string node);

    [LoggerMessage(1361, LogLevel.Warning,
        "Pod {Pod} was removed: node {Node} was silent for {Seconds:F0} s, and stopped it before")]
    public static partial void Fenced(this ILogger log, string pod, string node, double seconds);
}
