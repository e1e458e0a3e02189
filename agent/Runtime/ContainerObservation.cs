using System.Text.Json;
using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Logs;
using Edge.Proto.Containerd.Containers;
using Edge.Proto.Containerd.Tasks;
using Edge.Proto.Containerd.Types;

namespace Edge.Agent.Runtime;

/// <summary>Reads all containers of the agent with their processes, in two calls.</summary>
internal sealed class ContainerObservation(GrpcChannel channel, ContainerFiles files, ContainerLogs logs)
{
    /// <summary>128 + SIGKILL: what an OOM kill looks like.</summary>
    private const int KilledExitCode = 137;

    public async Task<IReadOnlyList<ObservedContainer>> Run(CancellationToken token)
    {
        // Tasks first: a container made in between then shows as Created, never a running one as ended.
        var tasks = (await channel.Call(ContainerdApi.ListTasks, new ListTasksRequest(), token)).Tasks
            .ToDictionary(TaskId);
        var request = new ListContainersRequest { Filters = { $"labels.\"{ContainerLabels.PodUid}\"" } };
        var listed = await channel.Call(ContainerdApi.ListContainers, request, token);
        return listed.Containers.Select(container => Read(container, tasks.GetValueOrDefault(container.Id))).ToList();
    }

    /// <summary>Opens the FIFOs of what runs, after a restart of the agent.</summary>
    public async Task Reattach(CancellationToken token)
    {
        var tasks = (await channel.Call(ContainerdApi.ListTasks, new ListTasksRequest(), token)).Tasks
            .Select(TaskId).ToHashSet();
        var request = new ListContainersRequest { Filters = { $"labels.\"{ContainerLabels.PodUid}\"" } };
        foreach (var container in (await channel.Call(ContainerdApi.ListContainers, request, token)).Containers)
        {
            if (tasks.Contains(container.Id))
            {
                logs.Attach(
                    container.Id, files.FifoDirectory(container.Id), files.Log(container.Labels),
                    container.Labels.ContainsKey(ContainerLabels.Terminal));
            }
        }
    }

    private ObservedContainer Read(Container container, Process? task)
    {
        var started = files.StartedAt(container.Id);
        var observed = new ObservedContainer
        {
            Id = container.Id,
            State = StateOf(container.Id, task, started),
            Labels = container.Labels,
            Image = container.Image,
            CreatedAt = container.CreatedAt.ToDateTimeOffset(),
            StartedAt = started,
            Pid = task is { Status: Status.Running or Status.Paused or Status.Pausing } ? (int)task.Pid : 0,
        };
        if (task is not { Status: Status.Stopped })
        {
            return observed;
        }

        logs.Flush(container.Id);
        return observed with
        {
            ExitCode = (int)task.ExitStatus,
            FinishedAt = task.ExitedAt?.ToDateTimeOffset(),
            OomKilled = task.ExitStatus == KilledExitCode && OomKilled(container),
        };
    }

    private RunState StateOf(string id, Process? task, DateTimeOffset? started) => task?.Status switch
    {
        Status.Stopped => RunState.Exited,
        Status.Running or Status.Paused or Status.Pausing or Status.Unknown => RunState.Running,
        // Without a process: started in this boot, or made in an earlier one, means that it is over.
        null when started is not null || !files.Exists(id) => RunState.Exited,
        _ => RunState.Created,
    };

    /// <summary>The control group outlives its processes until the task is deleted, and counts the kills.</summary>
    private static bool OomKilled(Container container)
    {
        using var spec = JsonDocument.Parse(container.Spec.Value.Memory);
        var path = spec.RootElement.GetProperty("linux").GetProperty("cgroupsPath").GetString();
        return Count($"/sys/fs/cgroup{path}/memory.events") || Count($"/sys/fs/cgroup/memory{path}/memory.oom_control");
    }

    /// <summary>The group may be of the other version, or go while it is read.</summary>
    private static bool Count(string file)
    {
        try
        {
            return File.ReadLines(file)
                .Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && line != "oom_kill 0");
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>In lists, the container's id stands in either field, by version.</summary>
    private static string TaskId(Process process) =>
        process.ContainerId.Length > 0 ? process.ContainerId : process.Id;
}
