using Edge.Proto.Model;
using Edge.Server.Api;

namespace Edge.Server;

/// <summary>What the API asks of a log, in the words of the link.</summary>
internal static class LogStream
{
    public static LogStreamRequest Of(PodLogRequest request) => new()
    {
        PodUid = request.PodUid, PodNamespace = request.Namespace, PodName = request.Pod, Container = request.Container,
        Follow = request.Follow, Previous = request.Previous, Timestamps = request.Timestamps,
        TailLines = request.TailLines, LimitBytes = request.LimitBytes, Since = request.Since,
        SinceSeconds = request.SinceSeconds,
    };
}
