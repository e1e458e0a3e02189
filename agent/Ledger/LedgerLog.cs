using Microsoft.Extensions.Logging;

namespace Edge.Agent.Ledger;

internal static partial class LedgerLog
{
    [LoggerMessage(2200, LogLevel.Information, "ledger opened: {Entries} desired entries, {Pods} pods")]
    public static partial void Opened(ILogger logger, int entries, int pods);

    [LoggerMessage(2201, LogLevel.Warning, "ledger entry \"{Key}\" is sealed under another key and is left out")]
    public static partial void SecretUnreadable(ILogger logger, string key);

    [LoggerMessage(2202, LogLevel.Error, "the ledger's disk is full: what the server sent waits until there is room")]
    public static partial void DiskFull(ILogger logger);
}
