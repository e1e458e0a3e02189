using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

internal static partial class FleetLog
{
    [LoggerMessage(1201, LogLevel.Information, "Node {Node} is connected")]
    public static partial void NodeConnected(this ILogger log, string node);

    [LoggerMessage(1202, LogLevel.Information, "Node {Node} is disconnected")]
    public static partial void NodeDisconnected(this ILogger log, string node);

    [LoggerMessage(1203, LogLevel.Warning, "Node {Node} was not heard of for {Seconds} s; its status is unknown now")]
    public static partial void NodeUnknown(this ILogger log, string node, double seconds);

    [LoggerMessage(1204, LogLevel.Warning, "Report {Key} of node {Node} was refused: {Reason}")]
    public static partial void ReportRefused(this ILogger log, string node, string key, string reason);

    [LoggerMessage(1205, LogLevel.Warning, "What node {Node} said could not be stored; it is tried again")]
    public static partial void StoreFailed(this ILogger log, Exception failure, string node);

    [LoggerMessage(1206, LogLevel.Error, "Desired state of node {Node} is too large; the node keeps what it had")]
    public static partial void DesiredTooLarge(this ILogger log, string node);

    [LoggerMessage(1207, LogLevel.Information, "Node {Node} got pod addresses {Cidr}")]
    public static partial void AddressesGiven(this ILogger log, string node, string cidr);

    [LoggerMessage(1208, LogLevel.Error, "No pod addresses are left for node {Node}")]
    public static partial void AddressesExhausted(this ILogger log, string node);

    [LoggerMessage(1209, LogLevel.Warning, "Node {Node} is denied from now on")]
    public static partial void Denied(this ILogger log, string node);

    [LoggerMessage(1210, LogLevel.Warning, "Node {Node} is let in again")]
    public static partial void Allowed(this ILogger log, string node);

    [LoggerMessage(1211, LogLevel.Information, "Pod {Pod} left node {Node} and was deleted")]
    public static partial void PodGone(this ILogger log, string pod, string node);

    [LoggerMessage(1213, LogLevel.Error, "Report {Key} of node {Node} could not be stored and is refused")]
    public static partial void NotStored(this ILogger log, Exception fault, string node, string key);

    [LoggerMessage(1214, LogLevel.Error, "{What} of node {Node} could not be handled and is dropped")]
    public static partial void NotHandled(this ILogger log, Exception fault, string node, string what);

    [LoggerMessage(1215, LogLevel.Warning, "Label {Key} that node {Node} reports was refused: {Reason}")]
    public static partial void LabelRefused(this ILogger log, string node, string key, string reason);

    [LoggerMessage(1218, LogLevel.Debug, "Node {Node} does not say what it uses: {Reason}")]
    public static partial void UsageUnknown(this ILogger log, string node, string reason);

    [LoggerMessage(1219, LogLevel.Warning, "What node {Node} says it uses was refused: {Reason}")]
    public static partial void UsageRefused(this ILogger log, string node, string reason);

    [LoggerMessage(1216, LogLevel.Warning, "The key {KeyHash} is denied from now on")]
    public static partial void KeyDenied(this ILogger log, string keyHash);

    [LoggerMessage(1220, LogLevel.Warning,
        "A backup was restored: pods with a lease begin once their successors have ended everywhere")]
    public static partial void HoldBegins(this ILogger log);

    [LoggerMessage(1221, LogLevel.Information, "Nothing that the restored backup does not know runs with a lease")]
    public static partial void HoldEnds(this ILogger log);
}
