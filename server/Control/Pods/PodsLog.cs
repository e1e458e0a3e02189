using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Pods;

internal static partial class PodsLog
{
    [LoggerMessage(1330, LogLevel.Information, "Pod {Pod} was removed: nobody runs it on node \"{Node}\"")]
    public static partial void OrphanRemoved(this ILogger log, string pod, string node);
}
