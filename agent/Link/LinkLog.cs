using Microsoft.Extensions.Logging;

namespace Edge.Agent.Link;

internal static partial class LinkLog
{
    [LoggerMessage(2100, LogLevel.Information, "Broker {Broker} accepted this node")]
    public static partial void BrokerConnected(ILogger log, Uri broker);

    [LoggerMessage(2101, LogLevel.Information, "No connection to broker {Broker}: {Reason}")]
    public static partial void BrokerLost(ILogger log, Uri broker, string reason);

    [LoggerMessage(2102, LogLevel.Information, "The server is now {State}")]
    public static partial void StateChanged(ILogger log, LinkState state);

    [LoggerMessage(2103, LogLevel.Error, "The session is refused: {Reason}")]
    public static partial void Refused(ILogger log, string reason);

    [LoggerMessage(2104, LogLevel.Warning, "Key {Key} is not reported: the map would be over its limit")]
    public static partial void ReportTooLarge(ILogger log, string key);

    [LoggerMessage(2110, LogLevel.Warning, "{Count} packets so far were not sealed by the server, or came twice")]
    public static partial void NotOpened(ILogger log, long count);

    [LoggerMessage(2111, LogLevel.Warning, "This node's certificate cannot be used for the link: {Reason}")]
    public static partial void IdentityUnusable(ILogger log, string reason);
}
