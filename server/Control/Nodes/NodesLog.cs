using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Nodes;

internal static partial class NodesLog
{
    [LoggerMessage(1320, LogLevel.Information, "Node {Node} has taints [{Taints}] now")]
    public static partial void TaintsChanged(this ILogger log, string node, string taints);
}
