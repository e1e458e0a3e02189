using Edge.Server.Fleet;

namespace Edge.Server.Api;

/// <summary>What a reader of a container's log asked for.</summary>
internal sealed record PodLogRequest(
    string Namespace, string Pod, string PodUid, string Container, bool Follow, bool Previous, bool Timestamps,
    long? TailLines, long? LimitBytes, DateTimeOffset? Since, long? SinceSeconds = null);

/// <summary>
/// Opens the log of a container on a node; disposing the stream ends the relay. Throws IOException where the node
/// refuses, with the reason as its message; <see cref="StreamRefusedException"/> where there is no way to the node or
/// it has too many streams open.
/// </summary>
internal delegate Task<Stream> OpenPodLogs(string node, PodLogRequest request, CancellationToken ct);
