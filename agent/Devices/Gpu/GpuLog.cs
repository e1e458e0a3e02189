using Microsoft.Extensions.Logging;

namespace Edge.Agent.Devices.Gpu;

internal static partial class GpuLog
{
    [LoggerMessage(2800, LogLevel.Information, "{Healthy} of {Count} GPUs are well; driver {Driver}")]
    public static partial void Seen(ILogger logger, int healthy, int count, string? driver);

    [LoggerMessage(2801, LogLevel.Warning, "GPUs: {Message}")]
    public static partial void Problem(ILogger logger, string message);

    [LoggerMessage(2802, LogLevel.Warning, "GPU {Uuid}: {Reason}")]
    public static partial void TakenOut(ILogger logger, string uuid, string reason);

    [LoggerMessage(2803, LogLevel.Information, "GPU {Uuid} is well again")]
    public static partial void IsBack(ILogger logger, string uuid);

    [LoggerMessage(2804, LogLevel.Information, "GPU {Uuid} says {Type:x}: {Data}; {Outcome}")]
    public static partial void Happened(ILogger logger, string uuid, ulong type, ulong data, GpuOutcome outcome);

    [LoggerMessage(2805, LogLevel.Warning, "the wait for events of GPUs ended: {Reason}; again in {Wait}")]
    public static partial void WatchEnded(ILogger logger, string reason, TimeSpan wait);

    [LoggerMessage(2806, LogLevel.Warning, "what was known of the GPUs cannot be kept: {Error}")]
    public static partial void NotKept(ILogger logger, string error);

    [LoggerMessage(2808, LogLevel.Warning, "containers on GPU {Uuid} cannot be ended yet: {Error}")]
    public static partial void NotRestarted(ILogger logger, string uuid, string error);

    [LoggerMessage(2807, LogLevel.Information, "no GPU here tells of events; looks alone find one that breaks")]
    public static partial void NothingToHear(ILogger logger);
}
