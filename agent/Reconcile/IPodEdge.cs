using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile.Volumes;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Images;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// The edge of the process below the reconcile loop: containerd, the kernel and the pods' directories. Every act is
/// idempotent. Two implementations: <see cref="NodeEdge"/>, and the simulated node of the tests.
/// </summary>
internal interface IPodEdge
{
    Task<NodeSight> Observe(CancellationToken cancellation);

    Task<SandboxResult> MakeSandbox(Pod pod, string? preferredIp, string? podCidr, CancellationToken cancellation);

    Task RemoveSandbox(string uid, CancellationToken cancellation);

    Task WriteVolumes(Pod pod, IReadOnlyList<ProjectedVolume> volumes, CancellationToken cancellation);

    Task ReleaseVolumes(string uid, CancellationToken cancellation);

    Task<ImageRecord?> FindImage(string referenceOrDigest, CancellationToken cancellation);

    Task<PullOutcome> Pull(PullRequest request, CancellationToken cancellation);

    Task Create(ContainerLaunch launch, CancellationToken cancellation);

    Task Start(string id, CancellationToken cancellation);

    Task Signal(string id, int signal, CancellationToken cancellation);

    Task Remove(string id, CancellationToken cancellation);

    Task<ExecResult> Exec(string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellation);

    /// <summary>Removes what outlives the containers: logs, the pod's directory, its control group.</summary>
    Task Forget(PodRecord record, CancellationToken cancellation);
}

/// <summary>All containers and sandboxes of the node, at one moment.</summary>
internal sealed record NodeSight(
    IReadOnlyDictionary<string, IReadOnlyList<SeenContainer>> Containers, IReadOnlySet<string> Sandboxes)
{
    public IReadOnlyList<SeenContainer> Of(string uid) => Containers.GetValueOrDefault(uid) ?? [];
}

/// <summary>One container to be made; everything in it is resolved except the files on the node.</summary>
internal sealed record ContainerLaunch(
    Pod Pod,
    Container Container,
    int Attempt,
    string SpecHash,
    ImageRecord Image,
    Sandbox Sandbox,
    IReadOnlyList<Runtime.Spec.EnvEntry> Env)
{
    /// <summary>The running container whose processes it is to see; null for none but its own.</summary>
    public string? TargetId { get; init; }
}
