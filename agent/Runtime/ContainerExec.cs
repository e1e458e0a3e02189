using System.Text;
using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Logs;
using Edge.Agent.Runtime.Streams;
using Edge.Proto.Containerd.Containers;

namespace Edge.Agent.Runtime;

/// <summary>
/// Runs commands in running containers: probes and hooks to their end, others for somebody who is there; and lets
/// somebody at a container's own process.
/// </summary>
internal sealed class ContainerExec(
    GrpcChannel channel, ContainerFiles files, ContainerLogs logs, Random random, TimeProvider clock)
{
    private readonly DescriptorWaits _waits = new();
    private readonly HashSet<string> _own = [];

    public async Task<ExecResult> Run(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken token)
    {
        var task = NewTask(id);
        try
        {
            using var output = Fifo.Open(task.PathOf("stdout"));
            using var error = Fifo.Open(task.PathOf("stderr"));
            await task.Create(command, terminal: false, token);
            try
            {
                await task.Start(token);
                var exit = await RunToEnd(task, timeout, token);
                return new ExecResult(exit ?? 0, Text(output) + Text(error), TimedOut: exit is null);
            }
            finally
            {
                await task.Delete();
            }
        }
        finally
        {
            Forget(task);
        }
    }

    /// <summary>Ends what an agent before this one ran for somebody, and did not live to end.</summary>
    public async Task EndStrays()
    {
        foreach (var (container, process) in files.Execs())
        {
            bool isOwn;
            lock (_own)
            {
                isOwn = _own.Contains(process);
            }

            if (!isOwn)
            {
                var stray = new ExecTask(channel, files, container, process);
                await stray.Control.Kill();
                await stray.Delete();
                stray.RemoveFiles();
            }
        }
    }

    /// <summary>Starts a command whose streams the caller is at; disposing them ends it.</summary>
    /// <exception cref="RuntimeException">The command cannot be run; the message says why.</exception>
    public Task<ExecProcess> Start(string id, ExecRequest request, CancellationToken token) =>
        ExecProcess.Start(NewTask(id), request, _waits, clock, Forget, token);

    /// <summary>The container's own streams, from now on; null when it does not run here.</summary>
    public async Task<ProcessStreams?> Attach(string id, AttachRequest request, CancellationToken token)
    {
        try
        {
            var container = (await channel.Call(
                ContainerdApi.GetContainer, new GetContainerRequest { Id = id }, token)).Container;
            return logs.Tap(id) is { } tap
                ? new AttachedContainer(
                    new ProcessControl(channel, id, process: ""), logs, tap, container, request,
                    request.Input && container.Labels.ContainsKey(ContainerLabels.Input)
                        ? InputPipe.Open(Path.Combine(files.FifoDirectory(id), "stdin"), _waits)
                        : null)
                : null;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return null;
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

    private void Forget(ExecTask task)
    {
        task.RemoveFiles();
        lock (_own)
        {
            _own.Remove(task.Id);
        }
    }

    /// <summary>Null when the time was over first.</summary>
    private async Task<int?> RunToEnd(ExecTask task, TimeSpan timeout, CancellationToken token)
    {
        using var limit = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            return await task.Wait(both.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            await task.Control.Kill();
            await task.UntilGone();
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
