using Microsoft.Extensions.Logging;

namespace Edge.Agent.Enrolment;

internal static partial class EnrolmentLog
{
    [LoggerMessage(2900, LogLevel.Information, "enrolled as \"{Node}\" in cluster {Cluster}")]
    public static partial void Enrolled(ILogger logger, string node, string cluster);

    [LoggerMessage(2901, LogLevel.Warning, "not enrolled yet, trying again in {Seconds} s: {Error}")]
    public static partial void TriesAgain(ILogger logger, double seconds, string error);
}
