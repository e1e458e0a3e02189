using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Images;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Containerd.Containers;
using Edge.Proto.Containerd.Snapshots;
using Edge.Proto.Containerd.Tasks;
using Edge.Proto.Containerd.Types;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime;

/// <summary>
/// Makes a container: snapshot → who it runs as → specification → containerd's container object. The object comes
/// last, so its presence means that all before it is there.
/// </summary>
internal sealed class ContainerCreate(
    GrpcChannel channel, RuntimeSettings settings, ContainerFiles files, CreationLease lease, ILogger log)
{
    public const string SpecType = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

    private const string RuntimeName = "io.containerd.runc.v2";

    public async Task Run(ContainerRequest request, RuntimeFacts facts, CancellationToken token)
    {
        if (await Exists(request.Id, token))
        {
            return;
        }

        var target = request.TargetId is { } id ? await RunningPid(id, token) : (int?)null;
        files.Make(request.Id);
        files.ForgetOldLogs(request);
        MakeTerminationLog(request.TerminationLog);
        var mounts = await PrepareSnapshot(request, token);
        try
        {
            var spec = OciSpecPlan.Plan(InputFor(request, facts, mounts) with { TargetPid = target });
            spec = request.Edits.IsEmpty ? spec : EditsPlan.Apply(spec, request.Edits, HostDevice.At);
            await CreateObject(request, spec, token);
        }
        catch (Exception e) when (e is RuntimeException { Reason: not RuntimeReason.Unavailable } or IOException)
        {
            await Undo(request.Id);
            throw;
        }

        RuntimeLog.Created(log, request.Id, request.Pod.Metadata.Name ?? "", request.Attempt);
    }

    private async Task<bool> Exists(string id, CancellationToken token)
    {
        try
        {
            await channel.Call(ContainerdApi.GetContainer, new GetContainerRequest { Id = id }, token);
            return true;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return false;
        }
    }

    private async Task<int> RunningPid(string id, CancellationToken token)
    {
        try
        {
            var get = new GetRequest { ContainerId = id };
            var task = (await channel.Call(ContainerdApi.GetTask, get, token)).Process;
            if (task is { Status: Status.Running, Pid: > 0 })
            {
                return (int)task.Pid;
            }
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // As one that has ended.
        }

        throw new RuntimeException(RuntimeReason.Refused, $"target container {id} is not running");
    }

    private async Task<IReadOnlyList<Mount>> PrepareSnapshot(ContainerRequest request, CancellationToken token)
    {
        await lease.Begin(token);
        try
        {
            return await Prepare(request, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            // Left by a call that got no further; what it was made from is not known.
            await RemoveSnapshot(request.Id, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // The lease went, or the image; the second try tells.
            await lease.Make(token);
        }

        return await Prepare(request, token);
    }

    private async Task<IReadOnlyList<Mount>> Prepare(ContainerRequest request, CancellationToken token)
    {
        var prepare = new PrepareSnapshotRequest
        {
            Snapshotter = settings.Snapshotter,
            Key = request.Id,
            Parent = request.Image.ChainId,
        };
        return (await channel.Call(ContainerdApi.PrepareSnapshot, prepare, token, CreationLease.Id)).Mounts;
    }

    private async Task RemoveSnapshot(string id, CancellationToken token)
    {
        var remove = new RemoveSnapshotRequest { Snapshotter = settings.Snapshotter, Key = id };
        await channel.Call(ContainerdApi.RemoveSnapshot, remove, token, CreationLease.Id);
    }

    private SpecInput InputFor(ContainerRequest request, RuntimeFacts facts, IReadOnlyList<Mount> mounts)
    {
        var layers = SnapshotFiles.Directories(mounts);
        var devices = request.Devices.Select(HostDevice.Read).ToList();
        return new SpecInput
        {
            Request = request,
            User = UserPlan.Resolve(
                request.Pod, request.Container, request.Image.Config.User,
                SnapshotFile.Read(layers, "etc/passwd"), SnapshotFile.Read(layers, "etc/group")),
            CgroupRoot = settings.CgroupRoot,
            NodeCapabilities = facts.Capabilities,
            OomScoreFloor = facts.OomScoreFloor,
            NodeMemoryBytes = facts.NodeMemoryBytes,
            Cgroups = facts.Cgroups,
            SwapAccounting = facts.SwapAccounting,
            Devices = request.Container.SecurityContext?.Privileged == true ? HostDevice.All(devices) : devices,
        };
    }

    private async Task CreateObject(ContainerRequest request, OciSpec spec, CancellationToken token)
    {
        var meta = request.Pod.Metadata;
        var container = new Container
        {
            Id = request.Id,
            Image = request.Image.Name,
            Runtime = new Container.Types.Runtime { Name = RuntimeName },
            Snapshotter = settings.Snapshotter,
            SnapshotKey = request.Id,
            Spec = new Any
            {
                TypeUrl = SpecType,
                Value = UnsafeByteOperations.UnsafeWrap(OciSpecJson.Write(spec)),
            },
            Labels =
            {
                [ContainerLabels.PodUid] = meta.Uid ?? "",
                [ContainerLabels.PodName] = meta.Name ?? "",
                [ContainerLabels.PodNamespace] = meta.Namespace ?? "",
                [ContainerLabels.ContainerName] = request.Container.Name,
                [ContainerLabels.Attempt] = $"{request.Attempt}",
                [ContainerLabels.SpecHash] = request.SpecHash,
            },
        };
        if (request.Image.Config.StopSignal is { Length: > 0 } signal)
        {
            container.Labels[ContainerLabels.StopSignal] = signal;
        }

        if (request.DeviceIds.Count > 0)
        {
            container.Labels[ContainerLabels.Devices] = string.Join(',', request.DeviceIds);
        }

        if (request.Container.Stdin == true)
        {
            container.Labels[ContainerLabels.Input] =
                request.Container.StdinOnce == true ? ContainerLabels.Once : ContainerLabels.Open;
        }

        if (request.Container.Tty == true)
        {
            container.Labels[ContainerLabels.Terminal] = ContainerLabels.Open;
        }

        try
        {
            var create = new CreateContainerRequest { Container = container };
            await channel.Call(ContainerdApi.CreateContainer, create, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            // An earlier call had its effect without our hearing of it.
        }
    }

    /// <summary>With its own time: the caller may be the one that gave up.</summary>
    private async Task Undo(string id)
    {
        try
        {
            await RemoveSnapshot(id, CancellationToken.None);
            files.Remove(id);
        }
        catch (RuntimeException e)
        {
            RuntimeLog.UndoFailed(log, "the snapshot", id, e.Message);
        }
    }

    /// <summary>Writable by any user of the container, as kubelet makes it.</summary>
    private static void MakeTerminationLog(string? path)
    {
        if (path is null || File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
        File.SetUnixFileMode(path, (UnixFileMode)0x1B6);
    }
}
