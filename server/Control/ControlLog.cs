using Microsoft.Extensions.Logging;

namespace Edge.Server.Control;

internal static partial class ControlLog
{
    [LoggerMessage(1301, LogLevel.Error, "Controller {Controller} failed on {Key}; it tries again in {Seconds} s")]
    public static partial void SyncFailed(
        this ILogger log, Exception failure, string controller, string key, double seconds);
}
