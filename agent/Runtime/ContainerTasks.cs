using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Logs;
using Edge.Proto.Containerd.Containers;
using Edge.Proto.Containerd.Snapshots;
using Edge.Proto.Containerd.Tasks;
using Edge.Proto.Containerd.Types;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime;

/// <summary>The processes of containers: start, signal, remove. Every act may be repeated.</summary>
internal sealed class ContainerTasks(
    GrpcChannel channel, RuntimeSettings settings, ContainerFiles files, ContainerLogs logs, TimeProvider clock,
    ILogger log)
{
    /// <summary>How long a killed process may take to be seen as ended (a stuck disk keeps it longer).</summary>
    private static readonly TimeSpan KillMax = TimeSpan.FromSeconds(30);

    public async Task Start(string id, CancellationToken token)
    {
        if (await Find(id, token) is { } running && running.Status != Status.Created)
        {
            return;
        }

        var container = (await channel.Call(
            ContainerdApi.GetContainer, new GetContainerRequest { Id = id }, token)).Container;
        // The shim opens the FIFOs for writing while the task is created, and waits for this reader.
        logs.Attach(
            id, files.FifoDirectory(id), files.Log(container.Labels),
            container.Labels.ContainsKey(ContainerLabels.Terminal));
        await Create(container, token);
        // Before it runs: a process that ends while the agent is down must not look as if it never began.
        files.MarkStarted(id, clock.GetUtcNow());
        var started = await channel.Call(ContainerdApi.StartTask, new StartRequest { ContainerId = id }, token);
        RuntimeLog.Started(log, id, (int)started.Pid);
    }

    public async Task Kill(string id, int signal, bool all, CancellationToken token)
    {
        try
        {
            var request = new KillRequest { ContainerId = id, Signal = (uint)signal, All = all };
            await channel.Call(ContainerdApi.KillTask, request, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // It ended already.
        }
    }

    /// <summary>The container object goes last: as long as it is there, what is left of it is found.</summary>
    public async Task Remove(string id, CancellationToken token)
    {
        await RemoveTask(id, token);
        logs.Detach(id);
        var snapshot = new RemoveSnapshotRequest { Snapshotter = settings.Snapshotter, Key = id };
        await Ignoring(RuntimeReason.NotFound, () =>
            channel.Call(ContainerdApi.RemoveSnapshot, snapshot, token, CreationLease.Id));
        files.Remove(id);
        await Ignoring(RuntimeReason.NotFound, () =>
            channel.Call(ContainerdApi.DeleteContainer, new DeleteContainerRequest { Id = id }, token));
        RuntimeLog.Removed(log, id);
    }

    /// <summary>Null when containerd knows no process of this container.</summary>
    public async Task<Process?> Find(string id, CancellationToken token)
    {
        try
        {
            return (await channel.Call(ContainerdApi.GetTask, new GetRequest { ContainerId = id }, token)).Process;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return null;
        }
    }

    private async Task Create(Container container, CancellationToken token)
    {
        var mounts = await channel.Call(
            ContainerdApi.SnapshotMounts,
            new MountsRequest { Snapshotter = container.Snapshotter, Key = container.SnapshotKey },
            token);
        var directory = files.FifoDirectory(container.Id);
        var request = new CreateTaskRequest
        {
            ContainerId = container.Id,
            Stdout = Path.Combine(directory, "stdout"),
            Terminal = container.Labels.ContainsKey(ContainerLabels.Terminal),
        };
        // A terminal has one output.
        request.Stderr = request.Terminal ? "" : Path.Combine(directory, "stderr");
        if (container.Labels.ContainsKey(ContainerLabels.Input))
        {
            request.Stdin = Path.Combine(directory, "stdin");
            Fifo.Make(request.Stdin);
        }

        request.Rootfs.Add(mounts.Mounts);
        try
        {
            await channel.Call(ContainerdApi.CreateTask, request, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            // Created by an earlier call; only the start is missing.
        }
        catch (RuntimeException e) when (e.Reason != RuntimeReason.Unavailable)
        {
            logs.Detach(container.Id);
            throw;
        }
    }

    private async Task RemoveTask(string id, CancellationToken token)
    {
        if (await Find(id, token) is not { } process)
        {
            return;
        }

        if (process.Status is not (Status.Stopped or Status.Created))
        {
            await KillAndWait(id, token);
        }
        else if (process.Status == Status.Created)
        {
            await Kill(id, signal: 9, all: true, token);
        }

        await Ignoring(RuntimeReason.NotFound, () =>
            channel.Call(ContainerdApi.DeleteTask, new DeleteTaskRequest { ContainerId = id }, token));
    }

    private async Task KillAndWait(string id, CancellationToken token)
    {
        await Kill(id, signal: 9, all: true, token);
        using var limit = new CancellationTokenSource(KillMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            await Ignoring(RuntimeReason.NotFound, () =>
                channel.Call(ContainerdApi.WaitTask, new WaitRequest { ContainerId = id }, both.Token));
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new RuntimeException(RuntimeReason.Timeout, $"{id} did not end in {KillMax.TotalSeconds:F0} s", e);
        }
    }

    private static async Task Ignoring<T>(RuntimeReason reason, Func<Task<T>> act)
    {
        try
        {
            await act();
        }
        catch (RuntimeException e) when (e.Reason == reason)
        {
            // What was to be removed is not there.
        }
    }
}
