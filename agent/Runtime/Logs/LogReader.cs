#pragma warning disable CS9113 // the surface comes before the bodies
namespace Edge.Agent.Runtime.Logs;

/// <summary>What `kubectl logs` may ask, in the API's words.</summary>
internal sealed record LogQuery
{
    public long? TailLines { get; init; }

    public DateTimeOffset? SinceTime { get; init; }

    public long? LimitBytes { get; init; }

    public bool Timestamps { get; init; }

    public bool Follow { get; init; }
}

/// <summary>Reads the CRI-format log of one container attempt, across its rotated files.</summary>
internal sealed class LogReader(TimeProvider clock)
{
    /// <summary>
    /// Yields pieces of at most <see cref="PieceBytesMax"/> as kubectl prints them. With Follow it ends after
    /// <paramref name="finished"/> says true and nothing more comes.
    /// </summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> Read(
        string logFile, LogQuery query, Func<bool> finished, CancellationToken token) =>
        throw new NotImplementedException();

    /// <summary>Below the link's 64 KiB packets.</summary>
    public const int PieceBytesMax = 32 * 1024;
}
