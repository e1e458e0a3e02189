using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

internal static partial class HorizontalPodAutoscalersLog
{
    [LoggerMessage(1395, LogLevel.Information, "HorizontalPodAutoscaler {Autoscaler}: {From} to {To} replicas")]
    public static partial void Rescaled(this ILogger log, string autoscaler, int from, int to);
}
