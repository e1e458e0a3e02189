using Microsoft.Extensions.Logging;

namespace Edge.Agent.Reconcile;

internal static partial class ReconcileLog
{
    [LoggerMessage(2300, LogLevel.Information, "pod {Uid} plan: {Plan}")]
    public static partial void Planned(ILogger logger, string uid, string plan);

    [LoggerMessage(2301, LogLevel.Warning, "pod {Uid}: the runtime did not answer \"{Step}\": {Error}")]
    public static partial void RuntimeDown(ILogger logger, string uid, PodStep step, string error);

    [LoggerMessage(2302, LogLevel.Warning, "pod {Uid}: step \"{Step}\" failed: {Error}")]
    public static partial void StepFailed(ILogger logger, string uid, PodStep step, string error);

    [LoggerMessage(2303, LogLevel.Warning, "the runtime cannot be observed: {Error}")]
    public static partial void CannotObserve(ILogger logger, string error);

    [LoggerMessage(2304, LogLevel.Information, "pod {Namespace}/{Name} {Uid} is {Phase}")]
    public static partial void PhaseChanged(ILogger logger, string @namespace, string name, string uid, string phase);

    [LoggerMessage(2305, LogLevel.Error, "pod {Uid}: its run ended unexpectedly")]
    public static partial void RunBroke(ILogger logger, string uid, Exception error);

    [LoggerMessage(2306, LogLevel.Warning, "desired entry {Key} cannot be read and is left alone: {Error}")]
    public static partial void Unreadable(ILogger logger, string key, string error);

    [LoggerMessage(2307, LogLevel.Error, "pod {Uid} cannot be decided on")]
    public static partial void Undecided(ILogger logger, string uid, Exception error);
}
