using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Namespaces;

internal static partial class NamespacesLog
{
    [LoggerMessage(1340, LogLevel.Information, "Namespace {Namespace} was emptied of {Count} objects and is gone")]
    public static partial void Emptied(this ILogger log, string @namespace, int count);
}
