using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

internal static partial class LinkLog
{
    [LoggerMessage(1100, LogLevel.Information, "Connected to the broker at {Broker}")]
    public static partial void BrokerConnected(ILogger log, string broker);

    [LoggerMessage(1101, LogLevel.Warning, "No connection to the broker at {Broker}: {Reason}")]
    public static partial void BrokerLost(ILogger log, string broker, string reason);

    [LoggerMessage(
        1102,
        LogLevel.Information,
        "Node {Node} opened session {Session:x}: desired {Desired}, reported {Reported}")]
    public static partial void SessionOpened(
        ILogger log, string node, ulong session, string desired, string reported);

    [LoggerMessage(1103, LogLevel.Information, "Node {Node} is gone: {Reason}")]
    public static partial void NodeGone(ILogger log, string node, string reason);

    [LoggerMessage(1104, LogLevel.Warning, "Desired of node {Node} is refused: the map would be over its limit")]
    public static partial void DesiredTooLarge(ILogger log, string node);

    [LoggerMessage(
        1105, LogLevel.Warning, "Two devices say they are node {Node}: key {Key} waits while {Holder} is heard")]
    public static partial void NameIsHeld(ILogger log, string node, string key, string holder);

    [LoggerMessage(1110, LogLevel.Information, "Broker started as process {Pid}")]
    public static partial void BrokerStarted(ILogger log, int pid);

    [LoggerMessage(1111, LogLevel.Information, "Broker process {Pid} runs already and is adopted")]
    public static partial void BrokerAdopted(ILogger log, int pid);

    [LoggerMessage(1112, LogLevel.Error, "Broker does not start: {Reason}")]
    public static partial void BrokerFailed(ILogger log, string reason);

    [LoggerMessage(1113, LogLevel.Warning, "The broker ended the connection of node {Node}: a key of it is denied")]
    public static partial void CutOff(ILogger log, string node);

    [LoggerMessage(
        1120, LogLevel.Warning, "{Count} packets in the name of node {Node} so far were not its own, or came twice")]
    public static partial void NotOpened(ILogger log, string node, long count);
}
