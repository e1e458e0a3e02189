using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Disruption;

internal static partial class DisruptionLog
{
    [LoggerMessage(1370, LogLevel.Warning, "Budget {Budget} allows no disruption: {Failure}")]
    public static partial void Uncounted(this ILogger log, string budget, string failure);
}
