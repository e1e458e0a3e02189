using Microsoft.Extensions.Logging;

namespace Edge.Agent.Devices.Sharing;

internal static partial class SharingLog
{
    [LoggerMessage(2810, LogLevel.Information, "sharing of GPUs: {Message}")]
    public static partial void Told(ILogger logger, string message);

    [LoggerMessage(2811, LogLevel.Warning, "the sharing document in force cannot be kept: {Error}")]
    public static partial void NotKept(ILogger logger, string error);
}
