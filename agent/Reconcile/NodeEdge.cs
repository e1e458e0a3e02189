using Edge.Agent.Devices;
using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile.Volumes;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Images;
using Edge.Agent.Runtime.Logs;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>The real node: containerd, sandboxes and directories, in the words of the reconcile loop.</summary>
internal sealed class NodeEdge(
    ContainerdRuntime runtime, SandboxNetwork network, DeviceGrants devices, string dataDir, string runDir) : IPodEdge
{
    private readonly PodVolumes _volumes = new(dataDir, runDir);

    public async Task<NodeSight> Observe(CancellationToken cancellation)
    {
        var observed = await runtime.Observe(cancellation);
        devices.Saw(observed.Select(container => (container.PodUid, container.Devices)));
        var byPod = new Dictionary<string, IReadOnlyList<SeenContainer>>();
        foreach (var group in observed.Where(container => container.PodUid.Length > 0).GroupBy(c => c.PodUid))
        {
            byPod[group.Key] = group.Select(Seen).ToList();
        }

        return new NodeSight(byPod, network.List().ToHashSet());
    }

    public Task<SandboxResult> MakeSandbox(
        Pod pod, string? preferredIp, string? podCidr, CancellationToken cancellation) =>
        network.Create(
            new SandboxRequest
            {
                Uid = pod.Metadata.Uid ?? "",
                Name = pod.Metadata.Name ?? "",
                Namespace = pod.Metadata.Namespace ?? "default",
                Hostname = SandboxFiles.Hostname(pod),
                HostNetwork = pod.Spec.HostNetwork == true,
                HostIpc = pod.Spec.HostIPC == true,
                PodCidr = podCidr,
                PreferredIp = preferredIp,
                HostPorts = HostPortsOf(pod),
                Sysctls = (pod.Spec.SecurityContext?.Sysctls ?? []).ToDictionary(s => s.Name, s => s.Value),
            },
            cancellation);

    public Task RemoveSandbox(string uid, CancellationToken cancellation) => network.Remove(uid, cancellation);

    public Task WriteVolumes(Pod pod, IReadOnlyList<ProjectedVolume> volumes, CancellationToken cancellation)
    {
        _volumes.Write(pod, volumes);
        return Task.CompletedTask;
    }

    public Task ReleaseVolumes(string uid, CancellationToken cancellation)
    {
        _volumes.Release(uid);
        return Task.CompletedTask;
    }

    public Task<ImageRecord?> FindImage(string referenceOrDigest, CancellationToken cancellation) =>
        runtime.FindImage(referenceOrDigest, cancellation);

    public Task<PullOutcome> Pull(PullRequest request, CancellationToken cancellation) =>
        runtime.PullImage(request, null, cancellation);

    public async Task Create(ContainerLaunch launch, CancellationToken cancellation)
    {
        var grant = await devices.Give(launch.Pod, launch.Container, cancellation);
        try
        {
            await runtime.CreateContainer(RequestOf(launch, grant), cancellation);
        }
        finally
        {
            devices.Settle(launch.Pod, grant);
        }
    }

    public Task Start(string id, CancellationToken cancellation) => runtime.StartContainer(id, cancellation);

    public Task Signal(string id, int signal, CancellationToken cancellation) =>
        runtime.Kill(id, signal, all: false, cancellation);

    public Task Remove(string id, CancellationToken cancellation) => runtime.RemoveContainer(id, cancellation);

    public Task<ExecResult> Exec(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellation) =>
        runtime.Exec(id, command, timeout, cancellation);

    public Task Forget(PodRecord record, CancellationToken cancellation)
    {
        if (!runtime.RemovePodCgroup(record.Uid))
        {
            throw new IOException($"the control group of pod {record.Uid} is still in use");
        }

        var logs = LogPaths.PodDirectory(dataDir, record.Namespace, record.Name, record.Uid);
        foreach (var directory in (string[])[_volumes.PodDir(record.Uid), logs])
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }

        return Task.CompletedTask;
    }

    private ContainerRequest RequestOf(ContainerLaunch launch, DeviceGrant grant)
    {
        var uid = launch.Pod.Metadata.Uid ?? "";
        TerminationFiles.ForgetOld(_volumes.PodDir(uid), launch.Container.Name, launch.Attempt);
        return new ContainerRequest
        {
            Pod = launch.Pod,
            Container = launch.Container,
            Attempt = launch.Attempt,
            Image = launch.Image,
            Sandbox = SandboxFiles.Write(_volumes.PodDir(uid), launch.Pod, launch.Sandbox),
            Mounts = _volumes.MountsOf(launch.Pod, launch.Container, launch.Env),
            Env = launch.Env,
            TerminationLog = TerminationFiles.PathOf(_volumes.PodDir(uid), launch.Container.Name, launch.Attempt),
            SpecHash = launch.SpecHash,
            TargetId = launch.TargetId,
            DeviceIds = grant.Ids,
            Edits = grant.Edits,
        };
    }

    private static List<HostPort> HostPortsOf(Pod pod) =>
        pod.Spec.HostNetwork == true
            ? []
            : PodShape.All(pod).SelectMany(container => container.Ports ?? [])
                .Where(port => port.HostPort is > 0)
                .Select(port => new HostPort(port.Protocol ?? "TCP", port.HostPort!.Value, port.Number, port.HostIP))
                .ToList();

    private SeenContainer Seen(ObservedContainer container) => new()
    {
        Id = container.Id,
        Name = container.ContainerName,
        Attempt = container.Attempt,
        SpecHash = container.SpecHash,
        StopSignal = container.StopSignal,
        State = container.State switch
        {
            RunState.Created => SeenState.Created,
            RunState.Running => SeenState.Running,
            RunState.Exited => SeenState.Exited,
        },
        ExitCode = container.ExitCode,
        OomKilled = container.OomKilled,
        StartedAt = container.StartedAt,
        FinishedAt = container.FinishedAt,
        TerminationMessage = container.State == RunState.Exited
            ? TerminationFiles.Read(_volumes.PodDir(container.PodUid), container.ContainerName, container.Attempt)
            : null,
    };
}
