using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.GarbageCollection;

internal static partial class GarbageCollectionLog
{
    [LoggerMessage(1700, LogLevel.Debug, "{Key} is deleted ({Propagation}): its owners are gone or going")]
    public static partial void Collected(this ILogger log, string key, Propagation propagation);

    [LoggerMessage(1701, LogLevel.Debug, "{Key} forgets {Count} owners that are gone or going; it has others")]
    public static partial void OwnersForgotten(this ILogger log, string key, int count);

    [LoggerMessage(1702, LogLevel.Debug, "{Key} is let go: {Finalizer} is done")]
    public static partial void Released(this ILogger log, string key, string finalizer);

    [LoggerMessage(1703, LogLevel.Information, "{Key} waits for itself and does not block its owners any more")]
    public static partial void CycleBroken(this ILogger log, string key);
}
