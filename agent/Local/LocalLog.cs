using Microsoft.Extensions.Logging;

namespace Edge.Agent.Local;

internal static partial class LocalLog
{
    [LoggerMessage(2700, LogLevel.Error, "nobody on site can be answered at {Path}: {Error}")]
    public static partial void NotListening(ILogger logger, string path, string error);

    [LoggerMessage(2701, LogLevel.Warning, "user {Uid} was turned away from the agent's socket")]
    public static partial void TurnedAway(ILogger logger, uint uid);

    [LoggerMessage(2702, LogLevel.Information, "on site: {Act}")]
    public static partial void Acted(ILogger logger, string act);

    [LoggerMessage(2703, LogLevel.Warning, "{Name} is held back: {Reason}")]
    public static partial void HeldBack(ILogger logger, string name, string reason);

    [LoggerMessage(2704, LogLevel.Information, "{Pods} static pods in {Directory}")]
    public static partial void StaticPods(ILogger logger, int pods, string directory);

    [LoggerMessage(2705, LogLevel.Error, "static manifest {Path} is refused, and its pods stay as they were: {Error}")]
    public static partial void FileRefused(ILogger logger, string path, string error);

    [LoggerMessage(2706, LogLevel.Error, "the static manifests in {Directory} cannot be read: {Error}")]
    public static partial void DirectoryUnread(ILogger logger, string directory, string error);

    [LoggerMessage(2707, LogLevel.Debug, "a request on site ended early: {Why}")]
    public static partial void RequestGone(ILogger logger, string why);

    [LoggerMessage(2709, LogLevel.Warning, "a caller on site has to wait: {Error}")]
    public static partial void NotAccepted(ILogger logger, string error);

    [LoggerMessage(2708, LogLevel.Error, "a request on site failed")]
    public static partial void Unforeseen(ILogger logger, Exception error);
}
