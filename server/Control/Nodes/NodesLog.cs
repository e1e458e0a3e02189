using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Nodes;

internal static partial class NodesLog
{
    [LoggerMessage(1320, LogLevel.Information, "Node {Node} has taints [{Taints}] now")]
    public static partial void TaintsChanged(this ILogger log, string node, string taints);

    [LoggerMessage(
        1321, LogLevel.Warning, "Node {Node} was made again: its device, with key {KeyHash}, is enrolled and is here")]
    public static partial void NodeReturned(this ILogger log, string node, string keyHash);

    [LoggerMessage(1322, LogLevel.Information, "Pod {Pod} was removed: it ran on the former node \"{Node}\"")]
    public static partial void FormerPodRemoved(this ILogger log, string pod, string node);
}
