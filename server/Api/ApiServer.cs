using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Api;

/// <summary>Speaks Kubernetes' HTTP over the store. Decides nothing about workloads.</summary>
internal sealed class ApiServer(
    ApiSettings settings, ObjectStore store, OpenPodLogs openLogs, TimeProvider time, Random random,
    ILoggerFactory loggers) : IAsyncDisposable
{
    /// <summary>The port listened on, once started.</summary>
    public int Port => throw new NotImplementedException();

    /// <summary>Listens; returns when requests are answered.</summary>
    public Task Start(CancellationToken ct) => throw new NotImplementedException(
        $"{settings} {store} {openLogs} {time} {random} {loggers}");

    /// <summary>Ends watches and log streams, then stops listening.</summary>
    public Task Stop(CancellationToken ct) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
