using System.Threading.Channels;
using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Images;
using Edge.Agent.Runtime.Logs;
using Edge.Agent.Runtime.Streams;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime;

/// <summary>
/// Containers and images of this node, by containerd. Every act is idempotent: what is done already is success.
/// Nothing is retried here; <see cref="RuntimeReason.Unavailable"/> goes to the loop above.
/// </summary>
internal sealed class ContainerdRuntime : IAsyncDisposable
{
    private readonly RuntimeSettings _settings;
    private readonly GrpcChannel _channel;
    private readonly ContainerLogs _logs;
    private readonly EventSubscription _events;
    private readonly ContainerObservation _observation;
    private readonly CreationLease _lease;
    private readonly ContainerCreate _create;
    private readonly ContainerTasks _tasks;
    private readonly ContainerExec _exec;
    private readonly ImageCatalog _catalog;
    private readonly ImagePuller _puller;
    private readonly BandwidthCap _cap;
    private RuntimeFacts? _facts;

    /// <param name="settings">Where containerd is.</param>
    /// <param name="clock">For times in logs and limits.</param>
    /// <param name="random">For names of what is unfinished.</param>
    /// <param name="logs">Where it tells what it does.</param>
    /// <param name="turn">
    /// Drains on at once where a process before this one stopped, without asking containerd; null to wait for that.
    /// </param>
    public ContainerdRuntime(
        RuntimeSettings settings, TimeProvider clock, Random random, ILoggerFactory logs, OutputTurn? turn = null)
    {
        var log = logs.CreateLogger("Runtime");
        var files = new ContainerFiles(settings);
        _settings = settings;
        _channel = new GrpcChannel(settings.ContainerdSocket, RuntimeSettings.ContainerdNamespace, clock);
        _logs = new ContainerLogs(clock, log);
        if (turn is not null)
        {
            _logs.AttachLeft(settings.RunDir, settings);
            turn.ReleaseHeld();
        }

        _events = new EventSubscription(_channel, clock, log);
        _observation = new ContainerObservation(_channel, files, _logs);
        _lease = new CreationLease(_channel);
        _create = new ContainerCreate(_channel, settings, files, _lease, log);
        _tasks = new ContainerTasks(_channel, settings, files, _logs, clock, log);
        _exec = new ContainerExec(_channel, files, _logs, random, clock, log);
        var content = new ContentStore(_channel);
        var unpack = new Unpack(_channel, content, settings.Snapshotter, random, clock);
        _cap = new BandwidthCap(settings.PullBytesPerSecondMax, clock);
        var gates = new DigestGates();
        _catalog = new ImageCatalog(_channel, content, unpack, PlatformPlan.Own);
        _puller = new ImagePuller(_channel, settings, PullFor, gates, clock, log);

        ImagePull PullFor(ImagePlatform platform) => new(
            _channel, content, unpack, new ImageCatalog(_channel, content, unpack, platform), _cap, gates, platform,
            SyncContent);
    }

    /// <summary>Whether what drains the containers still turns; see <see cref="ContainerLogs.IsTurning"/>.</summary>
    public bool IsDraining() => _logs.IsTurning();

    public ChannelReader<RuntimeEvent> Events => _events.Events;

    /// <summary>Bytes of containers' logs that were written in this process.</summary>
    public long LogBytesWritten => _logs.BytesWritten;

    /// <summary>
    /// Bytes of image layers that came from registries in this process; each was written once as it came.
    /// </summary>
    public long LayerBytesFetched => _cap.Spent;

    /// <summary>Follows containerd's events and drains the containers' output until cancelled.</summary>
    public Task Run(CancellationToken token) => _events.Run(Connected, token);

    /// <summary>What the last probe found; probes when there was none.</summary>
    public async Task<RuntimeFacts> Facts(CancellationToken token) => _facts ?? await Probe(token);

    public async Task<RuntimeFacts> Probe(CancellationToken token) =>
        _facts = await NodeProbe.Run(_channel, _settings.Snapshotter, token);

    public Task<IReadOnlyList<ObservedContainer>> Observe(CancellationToken token) => _observation.Run(token);

    public Task<PullOutcome> PullImage(
        PullRequest request, IProgress<PullProgress>? progress, CancellationToken token) =>
        _puller.Pull(request, progress, token);

    /// <summary>
    /// An image by name or digest that is complete and unpacked; null sends the caller to the registry.
    /// </summary>
    public Task<ImageRecord?> FindImage(string referenceOrDigest, CancellationToken token) =>
        _catalog.Find(referenceOrDigest, token);

    /// <summary>One record per name; an image has a name per tag and one per digest.</summary>
    public Task<IReadOnlyList<ImageRecord>> ListImages(CancellationToken token) => _catalog.List(token);

    public Task RemoveImage(string name, CancellationToken token) => _catalog.Remove(name, token);

    public async Task CreateContainer(ContainerRequest request, CancellationToken token) =>
        await _create.Run(request, await Facts(token), token);

    /// <summary>Starts the process. A container that ran once is never started again: make a new attempt.</summary>
    public Task StartContainer(string id, CancellationToken token) => _tasks.Start(id, token);

    /// <summary>
    /// Sends a signal; with <paramref name="all"/> to every process of the container. Gone is success.
    /// </summary>
    public Task Kill(string id, int signal, bool all, CancellationToken token) => _tasks.Kill(id, signal, all, token);

    /// <summary>Kills what still runs, then removes task, container, snapshot and FIFOs. The log file stays.</summary>
    public Task RemoveContainer(string id, CancellationToken token) => _tasks.Remove(id, token);

    /// <summary>Removes the empty control group of a pod; false when something still lives in it.</summary>
    public bool RemovePodCgroup(string podUid) => PodCgroup.Remove(_settings.CgroupRoot, podUid);

    /// <summary>Runs a command in a running container, as exec probes and lifecycle hooks do.</summary>
    public Task<ExecResult> Exec(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken token) =>
        _exec.Run(id, command, timeout, token);

    /// <summary>Starts a command whose streams the caller is at; disposing them ends it.</summary>
    public async Task<ProcessStreams> StartExec(string id, ExecRequest request, CancellationToken token) =>
        await _exec.Start(id, request, token);

    /// <summary>The container's own streams, from now on; null when it does not run here.</summary>
    public Task<ProcessStreams?> Attach(string id, AttachRequest request, CancellationToken token) =>
        _exec.Attach(id, request, token);

    public ValueTask DisposeAsync()
    {
        _logs.Dispose();
        _puller.Dispose();
        _lease.Dispose();
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A daemon that came back may be another version with other snapshotters.</summary>
    private async Task Connected(CancellationToken token)
    {
        await Probe(token);
        await _observation.Reattach(token);
        await _exec.EndStrays();
    }

    private async Task SyncContent(CancellationToken token)
    {
        var facts = await Facts(token);
        if (Directory.Exists(facts.ContainerdRoot))
        {
            SnapshotFiles.SyncFileSystem(facts.ContainerdRoot);
        }
    }
}
