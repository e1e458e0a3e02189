#pragma warning disable CS9113 // the surface comes before the bodies
using System.Threading.Channels;
using Edge.Agent.Runtime.Images;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime;

/// <summary>
/// Containers and images of this node, by containerd. Every act is idempotent: what is done already is success.
/// Nothing is retried here; <see cref="RuntimeReason.Unavailable"/> goes to the loop above.
/// </summary>
internal sealed class ContainerdRuntime(
    RuntimeSettings settings, TimeProvider clock, Random random, ILoggerFactory logs) : IAsyncDisposable
{
    public ChannelReader<RuntimeEvent> Events => throw new NotImplementedException();

    /// <summary>Follows containerd's events and drains the containers' output until cancelled.</summary>
    public Task Run(CancellationToken token) => throw new NotImplementedException();

    public Task<RuntimeFacts> Probe(CancellationToken token) => throw new NotImplementedException();

    public Task<IReadOnlyList<ObservedContainer>> Observe(CancellationToken token) =>
        throw new NotImplementedException();

    public Task<PullOutcome> PullImage(
        PullRequest request, IProgress<PullProgress>? progress, CancellationToken token) =>
        throw new NotImplementedException();

    /// <summary>An image by name or digest that is complete and unpacked; null sends the caller to the registry.</summary>
    public Task<ImageRecord?> FindImage(string referenceOrDigest, CancellationToken token) =>
        throw new NotImplementedException();

    public Task<IReadOnlyList<ImageRecord>> ListImages(CancellationToken token) =>
        throw new NotImplementedException();

    public Task RemoveImage(string name, CancellationToken token) => throw new NotImplementedException();

    public Task CreateContainer(ContainerRequest request, CancellationToken token) =>
        throw new NotImplementedException();

    /// <summary>Starts the process. A container that ran once is never started again: make a new attempt.</summary>
    public Task StartContainer(string id, CancellationToken token) => throw new NotImplementedException();

    /// <summary>Sends a signal; with <paramref name="all"/> to every process of the container. Gone is success.</summary>
    public Task Kill(string id, int signal, bool all, CancellationToken token) => throw new NotImplementedException();

    /// <summary>Kills what still runs, then removes task, container, snapshot and FIFOs. The log file stays.</summary>
    public Task RemoveContainer(string id, CancellationToken token) => throw new NotImplementedException();

    /// <summary>Removes the empty control group of a pod; false when something still lives in it.</summary>
    public bool RemovePodCgroup(string podUid) => throw new NotImplementedException();

    /// <summary>Null when nothing runs under this id.</summary>
    public Task<ContainerMetrics?> Metrics(string id, CancellationToken token) => throw new NotImplementedException();

    /// <summary>Runs a command in a running container, as exec probes and lifecycle hooks do.</summary>
    public Task<ExecResult> Exec(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken token) =>
        throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
