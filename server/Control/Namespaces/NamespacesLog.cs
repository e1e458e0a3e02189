using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Namespaces;

internal static partial class NamespacesLog
{
    [LoggerMessage(1340, LogLevel.Information, "Namespace {Namespace} is empty and is let go")]
    public static partial void Emptied(this ILogger log, string @namespace);
}
