namespace Edge.Server.Api.Streams;

/// <summary>Ends what nothing happens on for too long. Safe from any thread.</summary>
internal sealed class IdleLimit : IDisposable
{
    /// <summary>As upstream's --streaming-connection-idle-timeout.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromHours(4);

    private readonly CancellationTokenSource _idle;

    public IdleLimit(TimeProvider time) => _idle = new CancellationTokenSource(IdleMax, time);

    public CancellationToken Token => _idle.Token;

    /// <summary>Something happened.</summary>
    public void Touch() => _idle.CancelAfter(IdleMax);

    public void Dispose() => _idle.Dispose();
}
