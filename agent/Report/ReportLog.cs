using Microsoft.Extensions.Logging;

namespace Edge.Agent.Report;

internal static partial class ReportLog
{
    [LoggerMessage(2600, LogLevel.Debug, "a stream ended early: {Why}")]
    public static partial void StreamGone(ILogger logger, string why);

    [LoggerMessage(2601, LogLevel.Warning, "the node's condition {Type} is {Status}: {Message}")]
    public static partial void ConditionChanged(ILogger logger, string type, string status, string message);
}
