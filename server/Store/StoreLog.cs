using Microsoft.Extensions.Logging;

namespace Edge.Server.Store;

/// <summary>Log messages of the store.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(1600, LogLevel.Information, "Store opened: {Objects} objects, revision {Revision}")]
    public static partial void Opened(this ILogger log, int objects, long revision);

    [LoggerMessage(1601, LogLevel.Critical, "Database commit failed; the store takes no more writes")]
    public static partial void CommitFailed(this ILogger log, Exception fault);

    [LoggerMessage(1602, LogLevel.Error, "Disk full: {Transactions} transactions refused")]
    public static partial void DiskFull(this ILogger log, int transactions);

    [LoggerMessage(1604, LogLevel.Warning, "Sealed {Secrets} Secrets that lay open in the database")]
    public static partial void Sealed(this ILogger log, int secrets);

    [LoggerMessage(1605, LogLevel.Warning, "No room to make the file anew: bytes of open Secrets may still be in it")]
    public static partial void OldPagesStay(this ILogger log);

    [LoggerMessage(1603, LogLevel.Error, "Object {Key} cannot be read and is left out")]
    public static partial void Unreadable(this ILogger log, Exception fault, string key);
}
