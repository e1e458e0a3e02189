using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Volumes;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Images;
using Edge.Proto.Model;
using Microsoft.Data.Sqlite;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// A node without its agent: its containers, its disk (what the ledger committed), its tmpfs and its clock. It outlives
/// the agent; a power cut takes the processes and the tmpfs.
/// </summary>
internal sealed class SimMachine(
    string name, int number, SimClock clock, Random random, ClusterTruth truth, ClusterTrace trace) : IPodEdge
{
    private const double FailRate = 0.01;

    private static readonly ImageConfig s_config = new();

    private readonly SortedDictionary<string, string> _sandboxes = new(StringComparer.Ordinal);
    private int _boots;
    private int _sandboxesMade;

    public string Name => name;

    /// <summary>What the ledger committed; as the disk it outlives agents and power cuts.</summary>
    public required SqliteConnection Disk { get; init; }

    public required SecretBox Box { get; init; }

    public required string RunDir { get; init; }

    public TimeSpan KeepAlive { get; init; }

    /// <summary>A clock of 2026 is none that can be relied upon, and none runs quite right.</summary>
    public double Rate { get; init; } = 1;

    public TimeSpan Wall { get; set; }

    public string BootId => $"boot-{number}-{_boots}";

    public AgentLife? Agent { get; set; }

    /// <summary>Steps may fail.</summary>
    public bool Faulty { get; set; } = true;

    /// <summary>No process ends by itself any more.</summary>
    public bool IsQuiet { get; set; }

    public List<SimContainer> Containers { get; } = [];

    /// <summary>A number that only grows, and what the node says of itself.</summary>
    public int Said { get; set; }

    public IEnumerable<SimContainer> Running => Containers.Where(container => container.IsRunning);

    public int Starts { get; private set; }

    /// <summary>No process and no tmpfs is left; containers may be, without theirs.</summary>
    public void CutPower()
    {
        trace.Note($"{name} loses its power");
        _boots++;
        _sandboxes.Clear();
        foreach (var container in Containers)
        {
            container.State = SeenState.Created;
        }

        Containers.RemoveAll(_ => random.Next(2) == 0);

        File.Delete(Path.Combine(RunDir, "last-answered"));
    }

    /// <summary>The process ends by itself.</summary>
    public void End(SimContainer container, int code)
    {
        if (!container.IsRunning)
        {
            return;
        }

        trace.Note($"{name} {container.Id} ends with {code}");
        container.State = SeenState.Exited;
        container.ExitCode = code;
        container.FinishedAt = Agent?.Process.GetUtcNow();
        if (random.Next(10) > 0)
        {
            // Now and then a hint is lost.
            Agent?.Loop.Wake(container.Uid);
        }
    }

    private void EndUnlessQuiet(SimContainer container, int code)
    {
        if (!IsQuiet)
        {
            End(container, code);
        }
    }

    public async Task<NodeSight> Observe(CancellationToken cancellation)
    {
        await Task.Yield();
        return new NodeSight(
            Containers.GroupBy(container => container.Uid).ToDictionary(
                group => group.Key,
                group => (IReadOnlyList<SeenContainer>)group.Select(container => container.Seen()).ToList()),
            _sandboxes.Keys.ToHashSet());
    }

    public async Task<SandboxResult> MakeSandbox(
        Pod pod, string? preferredIp, string? podCidr, CancellationToken cancellation)
    {
        await Task.Yield();
        var uid = pod.Metadata.Uid!;
        var adopted = _sandboxes.TryGetValue(uid, out var ip);
        if (!adopted)
        {
            _sandboxes[uid] = ip = preferredIp ?? $"10.64.{number}.{++_sandboxesMade % 250}";
        }

        return new SandboxResult.Ready(new Sandbox(uid, null, null, null, "", ip), adopted);
    }

    public Task RemoveSandbox(string uid, CancellationToken cancellation) => Act($"remove sandbox {uid}", () =>
    {
        truth.Demand(
            !Running.Any(container => container.Uid == uid), $"the sandbox of {uid} was removed under its processes");
        _sandboxes.Remove(uid);
    });

    public Task WriteVolumes(Pod pod, IReadOnlyList<ProjectedVolume> volumes, CancellationToken cancellation) =>
        Act($"volumes {pod.Metadata.Uid}", () => { });

    public Task ReleaseVolumes(string uid, CancellationToken cancellation) => Act($"release {uid}", () => { });

    /// <summary>Every image is there: how one is fetched is another simulation's.</summary>
    public Task<ImageRecord?> FindImage(string referenceOrDigest, CancellationToken cancellation) =>
        Task.FromResult<ImageRecord?>(new ImageRecord
        {
            Name = referenceOrDigest,
            Digest = "sha256:0",
            ConfigDigest = "",
            ChainId = "",
            SizeBytes = 1,
            Config = s_config,
        });

    public Task<PullOutcome> Pull(PullRequest request, CancellationToken cancellation) =>
        throw new InvalidOperationException("nothing is fetched here");

    public Task Create(ContainerLaunch launch, CancellationToken cancellation)
    {
        var uid = launch.Pod.Metadata.Uid!;
        var id = ContainerId.For(uid, launch.Container.Name, launch.Attempt);
        return Act($"create {id}", () =>
        {
            if (!Containers.Exists(container => container.Id == id))
            {
                Containers.Add(new SimContainer
                {
                    Id = id,
                    Uid = uid,
                    PodName = launch.Pod.Metadata.Name!,
                    Name = launch.Container.Name,
                    Attempt = launch.Attempt,
                    SpecHash = launch.SpecHash,
                    Made = clock.Now,
                });
            }
        });
    }

    public Task Start(string id, CancellationToken cancellation) => Act($"start {id}", () =>
    {
        var container = Containers.Find(candidate => candidate.Id == id)
            ?? throw new RuntimeException(RuntimeReason.NotFound, $"container {id} not found");
        if (container.IsRunning)
        {
            return;
        }

        Starts++;
        container.State = SeenState.Running;
        container.StartedAt = Agent!.Process.GetUtcNow();
        truth.Started(this, container);
        if (truth.LifeOf(container) is var (life, code))
        {
            clock.After(life, () => EndUnlessQuiet(container, code));
        }
    });

    public Task Signal(string id, int signal, CancellationToken cancellation) => Act($"signal {id} {signal}", () =>
    {
        if (Containers.Find(container => container.Id == id) is not { IsRunning: true } container)
        {
            return;
        }

        truth.Signalled(this, container);
        if (signal == 9)
        {
            End(container, 137);
        }
        else if (random.Next(4) > 0)
        {
            clock.After(TimeSpan.FromSeconds(random.NextDouble() * 5), () => End(container, 143));
        }
    });

    public Task Remove(string id, CancellationToken cancellation) => Act($"remove {id}", () =>
    {
        truth.Demand(
            !Running.Any(container => container.Id == id), $"{id} was removed while it ran");
        Containers.RemoveAll(container => container.Id == id);
    });

    public Task<ExecResult> Exec(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellation) =>
        Task.FromResult(new ExecResult(0, "", false));

    public Task Forget(PodRecord record, CancellationToken cancellation) => Act($"forget {record.Uid}", () => { });

    private async Task Act(string what, Action effect)
    {
        // Between any two steps the agent may die.
        await Task.Yield();
        trace.Note($"{name} {what}");
        var fails = Faulty && random.NextDouble() < FailRate;
        if (!fails || random.Next(2) == 0)
        {
            effect();
        }

        if (fails)
        {
            throw new RuntimeException(
                random.Next(2) == 0 ? RuntimeReason.Timeout : RuntimeReason.Unavailable, "simulated");
        }
    }
}
