using System.Text;
using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Logs;
using Edge.Agent.Runtime.Streams;
using Edge.Proto.Containerd.Containers;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime;

/// <summary>
/// Runs commands in running containers: probes and hooks to their end, others for somebody who is there; and lets
/// somebody at a container's own process.
/// </summary>
internal sealed class ContainerExec(
    GrpcChannel channel, ContainerFiles files, ContainerLogs logs, Random random, TimeProvider clock, ILogger log)
{
    private readonly DescriptorWaits _waits = new();
    private readonly HashSet<string> _own = [];

    public async Task<ExecResult> Run(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken token)
    {
        var task = NewTask(id);
        try
        {
            task.MakeDirectory();
            using var output = Fifo.Open(task.PathOf("stdout"));
            using var error = Fifo.Open(task.PathOf("stderr"));
            await task.Create(command, terminal: false, token);
            await task.Start(token);
            var exit = await WithinTime(task, timeout, token);
            return new ExecResult(exit ?? 0, Text(output) + Text(error), TimedOut: exit is null);
        }
        finally
        {
            await End(task);
        }
    }

    /// <summary>
    /// Ends what an agent before this one ran and did not live to end, and what could not be ended while containerd was
    /// away. What fails is tried again at the next connection.
    /// </summary>
    public async Task EndStrays()
    {
        var ending = new List<Task>();
        foreach (var (container, process) in files.Execs())
        {
            bool isOwn;
            lock (_own)
            {
                isOwn = _own.Contains(process);
            }

            if (!isOwn)
            {
                ending.Add(End(new ExecTask(channel, files, container, process)));
            }
        }

        await Task.WhenAll(ending);
    }

    /// <summary>Starts a command whose streams the caller is at; disposing them ends it.</summary>
    /// <exception cref="RuntimeException">The command cannot be run; the message says why.</exception>
    public Task<ExecProcess> Start(string id, ExecRequest request, CancellationToken token) =>
        ExecProcess.Start(NewTask(id), request, _waits, clock, End, token);

    /// <summary>The container's own streams, from now on; null when it does not run here.</summary>
    public async Task<ProcessStreams?> Attach(string id, AttachRequest request, CancellationToken token)
    {
        try
        {
            var container = (await channel.Call(
                ContainerdApi.GetContainer, new GetContainerRequest { Id = id }, token)).Container;
            return logs.Tap(id) is { } tap ? Attach(container, tap, request) : null;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return null;
        }
    }

    private AttachedContainer Attach(Container container, LogTap tap, AttachRequest request)
    {
        try
        {
            return new AttachedContainer(
                new ProcessControl(channel, container.Id, process: ""), logs, tap, container, request,
                request.Input && container.Labels.ContainsKey(ContainerLabels.Input)
                    ? InputPipe.Open(Path.Combine(files.FifoDirectory(container.Id), "stdin"), _waits)
                    : null);
        }
        catch
        {
            logs.Untap(container.Id, tap);
            throw;
        }
    }

    private ExecTask NewTask(string id)
    {
        var process = $"exec-{random.NextInt64():x16}";
        lock (_own)
        {
            _own.Add(process);
        }

        return new ExecTask(channel, files, id, process);
    }

    /// <summary>What cannot be ended now is a stray from now on.</summary>
    private async Task End(ExecTask task)
    {
        try
        {
            await task.End(clock);
        }
        catch (Exception failed) when (failed is RuntimeException or IOException or UnauthorizedAccessException)
        {
            RuntimeLog.UndoFailed(log, task.Id, task.Container, failed.Message);
        }

        lock (_own)
        {
            _own.Remove(task.Id);
        }
    }

    /// <summary>Null when the time was over first.</summary>
    private async Task<int?> WithinTime(ExecTask task, TimeSpan timeout, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            return await task.Wait(both.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The pipe holds more than is kept, so that a chatty probe ends without being read meanwhile.</summary>
    private static string Text(Fifo fifo)
    {
        var buffer = new byte[ExecResult.ExecOutputBytesMax];
        var got = fifo.Read(buffer);
        return got <= 0 ? "" : Encoding.UTF8.GetString(buffer, 0, got);
    }
}
