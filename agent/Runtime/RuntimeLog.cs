using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime;

internal static partial class RuntimeLog
{
    [LoggerMessage(2401, LogLevel.Information, "Image {Image} is here as {Digest}, {Bytes} bytes")]
    public static partial void Pulled(ILogger log, string image, string digest, long bytes);

    [LoggerMessage(2402, LogLevel.Warning, "Image {Image} was not pulled: {Reason}")]
    public static partial void PullFailed(ILogger log, string image, string reason);

    [LoggerMessage(2403, LogLevel.Information, "The credential of {Registry} was refused for {Image}")]
    public static partial void CredentialRefused(ILogger log, string image, string registry);

    [LoggerMessage(
        2404, LogLevel.Warning, "{Bytes} bytes of output of {Container} could not be written so far: {Reason}")]
    public static partial void LogDropped(ILogger log, string container, long bytes, string reason);

    [LoggerMessage(2405, LogLevel.Information, "Following containerd's events")]
    public static partial void Subscribed(ILogger log);

    [LoggerMessage(2406, LogLevel.Warning, "containerd's events ended: {Reason}")]
    public static partial void SubscriptionEnded(ILogger log, string reason);

    [LoggerMessage(2407, LogLevel.Information, "Container {Container} of {Pod} was made, attempt {Attempt}")]
    public static partial void Created(ILogger log, string container, string pod, int attempt);

    [LoggerMessage(2408, LogLevel.Information, "Container {Container} runs as process {Pid}")]
    public static partial void Started(ILogger log, string container, int pid);

    [LoggerMessage(2409, LogLevel.Information, "Container {Container} was removed")]
    public static partial void Removed(ILogger log, string container);

    [LoggerMessage(2410, LogLevel.Warning, "Undoing {Step} of {Container} failed: {Reason}")]
    public static partial void UndoFailed(ILogger log, string step, string container, string reason);

    [LoggerMessage(2411, LogLevel.Warning, "No agent runs: draining the output of {Count} containers")]
    public static partial void Draining(ILogger log, int count);
}
