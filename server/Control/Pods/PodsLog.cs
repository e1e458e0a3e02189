using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Pods;

internal static partial class PodsLog
{
    [LoggerMessage(1330, LogLevel.Information, "Pod {Pod} was removed: nobody runs it on node \"{Node}\"")]
    public static partial void OrphanRemoved(this ILogger log, string pod, string node);

    [LoggerMessage(1331, LogLevel.Information, "{Count} ended pods were deleted: more than {Max} are kept")]
    public static partial void EndedRemoved(this ILogger log, int count, int max);
}
