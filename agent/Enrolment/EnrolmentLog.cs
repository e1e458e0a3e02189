using Microsoft.Extensions.Logging;

namespace Edge.Agent.Enrolment;

internal static partial class EnrolmentLog
{
    [LoggerMessage(2900, LogLevel.Information, "enrolled as \"{Node}\" in cluster {Cluster}")]
    public static partial void Enrolled(ILogger logger, string node, string cluster);

    [LoggerMessage(2901, LogLevel.Warning, "not enrolled yet, trying again in {Seconds} s: {Error}")]
    public static partial void TriesAgain(ILogger logger, double seconds, string error);

    [LoggerMessage(2902, LogLevel.Information, "this node has a new key and certificate; the old ones are gone")]
    public static partial void KeyChanged(ILogger logger);

    [LoggerMessage(
        2903, LogLevel.Warning, "no new key yet, trying again in {Minutes} min; the present one serves on: {Error}")]
    public static partial void KeyWaits(ILogger logger, double minutes, string error);

    [LoggerMessage(
        2904, LogLevel.Warning, "the new key opened no session while the present one did {Times} times: given up")]
    public static partial void KeyGivenUp(ILogger logger, int times);

    [LoggerMessage(
        2905, LogLevel.Information, "the cluster's broker is at {Url} now; it is tried beside the present one")]
    public static partial void BrokerLearned(ILogger logger, Uri url);

    [LoggerMessage(
        2906, LogLevel.Information, "the broker at {Url} leads to the server and is this node's from now on")]
    public static partial void BrokerChanged(ILogger logger, Uri url);

    [LoggerMessage(2907, LogLevel.Warning, "the server's API does not say where the broker is: {Error}")]
    public static partial void BrokerUnknown(ILogger logger, string error);
}
