using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Volumes;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Images;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>
/// The node below the agent: containers, sandboxes and images in memory, under a clock that a test moves. It outlives
/// the agent. Every act is put down in the trace and checked before it takes effect.
/// </summary>
internal class SimWorld(FakeClock clock, Random random, SimFaults faults, List<string> trace) : IPodEdge
{
    private readonly Dictionary<string, ImageRecord> _images = [];
    private readonly HashSet<string> _hints = [];
    private readonly HashSet<string> _everRan = [];
    private int _sandboxesMade;

    public List<SimContainer> Containers { get; } = [];

    /// <summary>The sandboxes by uid, each with the number it was made under.</summary>
    public SortedDictionary<string, int> Sandboxes { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Volumes { get; } = [];

    public SimSafety? Safety { get; set; }

    public IEnumerable<SimContainer> Running => Containers.Where(container => container.State == SeenState.Running);

    public virtual Task<NodeSight> Observe(CancellationToken cancellation) => faults.Act(() => new NodeSight(
        Containers.GroupBy(container => container.Uid).ToDictionary(
            group => group.Key,
            group => (IReadOnlyList<SeenContainer>)group.Select(container => container.Seen()).ToList()),
        Sandboxes.Keys.ToHashSet()));

    public virtual Task<SandboxResult> MakeSandbox(
        Pod pod, string? preferredIp, string? podCidr, CancellationToken cancellation) => faults.Act<SandboxResult>(
        () =>
        {
            var uid = pod.Metadata.Uid!;
            Note($"sandbox {uid}");
            Safety?.Sandbox(uid);
            var adopted = !Sandboxes.TryAdd(uid, _sandboxesMade + 1);
            _sandboxesMade += adopted ? 0 : 1;
            return new SandboxResult.Ready(
                new Sandbox(uid, null, null, null, "", preferredIp ?? $"10.64.0.{_sandboxesMade}"), adopted);
        },
        message => new NetworkException(NetworkReason.PluginFailed, message));

    public Task RemoveSandbox(string uid, CancellationToken cancellation) => Act($"remove sandbox {uid}", () =>
    {
        if (Running.Any(container => container.Uid == uid))
        {
            throw new SimViolation($"the sandbox of {uid} was removed under a running container");
        }

        Sandboxes.Remove(uid);
    });

    public Task WriteVolumes(Pod pod, IReadOnlyList<ProjectedVolume> volumes, CancellationToken cancellation) =>
        faults.Act(() => Volumes.Add(pod.Metadata.Uid!), message => new IOException(message));

    public Task ReleaseVolumes(string uid, CancellationToken cancellation) =>
        faults.Act(() => Volumes.Remove(uid), message => new IOException(message));

    public Task<ImageRecord?> FindImage(string referenceOrDigest, CancellationToken cancellation) =>
        faults.Act(() =>
        {
            lock (_images)
            {
                return _images.Values.FirstOrDefault(image =>
                    image.Name == referenceOrDigest || image.Digest == referenceOrDigest);
            }
        });

    /// <summary>Called by a background task: draws no random number and leaves no trace.</summary>
    public virtual Task<PullOutcome> Pull(PullRequest request, CancellationToken cancellation)
    {
        if (faults.RegistryDown)
        {
            return Task.FromResult<PullOutcome>(
                new PullOutcome.Failed(PullFailure.ErrImagePull, "the registry does not answer"));
        }

        lock (_images)
        {
            var image = new ImageRecord
            {
                Name = request.Reference,
                Digest = "sha256:" + request.Reference.Replace(':', '-'),
                ConfigDigest = "",
                ChainId = "",
                SizeBytes = 1,
                Config = new ImageConfig(),
            };
            _images[request.Reference] = image;
            return Task.FromResult<PullOutcome>(new PullOutcome.Pulled(image));
        }
    }

    public virtual Task Create(ContainerLaunch launch, CancellationToken cancellation)
    {
        var uid = launch.Pod.Metadata.Uid!;
        var id = ContainerId.For(uid, launch.Container.Name, launch.Attempt);
        return Act($"create {id}", () =>
        {
            if (Containers.Exists(container => container.Id == id))
            {
                return;
            }

            Safety?.Create(launch, id);
            Containers.Add(new SimContainer
            {
                Id = id,
                Uid = uid,
                Name = launch.Container.Name,
                Attempt = launch.Attempt,
                SpecHash = launch.SpecHash,
                State = SeenState.Created,
            });
        });
    }

    public Task Start(string id, CancellationToken cancellation) => Act($"start {id}", () =>
    {
        var container = Containers.Find(candidate => candidate.Id == id)
            ?? throw new RuntimeException(RuntimeReason.NotFound, $"container {id} not found");
        if (container.State == SeenState.Running)
        {
            return;
        }

        Safety?.Start(container);
        if (!_everRan.Add(id))
        {
            throw new SimViolation($"{id} was started twice");
        }

        // A sandbox is found by its path, which a new one of the same pod has too.
        container.Sandbox = Sandboxes[container.Uid];
        container.State = SeenState.Running;
        container.StartedAt = clock.GetUtcNow();
        (container.EndsAt, container.EndCode) = SimScript.LifeOf(container, clock.GetUtcNow());
    });

    public virtual Task Signal(string id, int signal, CancellationToken cancellation) =>
        Act($"signal {id} {signal}", () =>
        {
            if (Running.FirstOrDefault(container => container.Id == id) is not { } target)
            {
                return;
            }

            Safety?.Signal(target);
            target.Asked = true;
            if (signal == 9)
            {
                End(target, 137);
            }
            else if (random.Next(5) > 0)
            {
                target.EndsAt = clock.GetUtcNow() + TimeSpan.FromSeconds(random.Next(4));
                target.EndCode = random.Next(2) * 143;
            }
        });

    public virtual Task Remove(string id, CancellationToken cancellation) => Act($"remove {id}", () =>
    {
        if (Running.Any(container => container.Id == id))
        {
            throw new SimViolation($"{id} was removed while it ran");
        }

        Containers.RemoveAll(container => container.Id == id);
    });

    public virtual Task<ExecResult> Exec(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellation) =>
        Task.FromResult(new ExecResult(0, "", false));

    public Task Forget(PodRecord record, CancellationToken cancellation) => Act($"forget {record.Uid}", () =>
        Safety?.Gone(record.Uid));

    /// <summary>The uids whose containers ended since the last call, as the runtime's events would say.</summary>
    public HashSet<string> TakeHints()
    {
        var taken = _hints.ToHashSet();
        _hints.Clear();
        return taken;
    }

    /// <summary>Processes whose time has come end.</summary>
    public void EndDue()
    {
        foreach (var container in Running.Where(c => c.EndsAt <= clock.GetUtcNow()).ToList())
        {
            End(container, container.EndCode);
        }
    }

    public void End(SimContainer container, int code)
    {
        Note($"ended {container.Id} {code}");
        container.State = SeenState.Exited;
        container.ExitCode = code;
        container.FinishedAt = clock.GetUtcNow();
        container.EndsAt = null;
        _hints.Add(container.Uid);
    }

    /// <summary>Power comes back: no process, no sandbox; a container may be left over without its process.</summary>
    public void Reboot()
    {
        Note("reboot");
        Containers.RemoveAll(_ => random.Next(2) == 0);
        Containers.ForEach(container => container.State = SeenState.Created);
        Sandboxes.Clear();
        Volumes.Clear();
        _hints.Clear();
    }

    protected void Note(string what) => trace.Add($"{clock.GetUtcNow():HH:mm:ss} {what}");

    protected Task Act(string what, Action effect) => faults.Act(() =>
    {
        Note(what);
        effect();
        return true;
    });
}
