using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Tasks;

namespace Edge.Agent.Runtime.Streams;

/// <summary>What can be done to a running process through containerd. What is gone already is done.</summary>
/// <param name="channel">To containerd.</param>
/// <param name="container">The container's id.</param>
/// <param name="process">The id of a further process; empty for the container's own.</param>
internal sealed class ProcessControl(GrpcChannel channel, string container, string process)
{
    /// <summary>The process reads the end of its input once the FIFO is empty and no one else holds it.</summary>
    public Task CloseInput(CancellationToken token) => IgnoringGone(() => channel.Call(
        ContainerdApi.CloseIO, new CloseIORequest { ContainerId = container, ExecId = process, Stdin = true }, token));

    public Task Resize(uint width, uint height, CancellationToken token) => IgnoringGone(() => channel.Call(
        ContainerdApi.ResizePty,
        new ResizePtyRequest { ContainerId = container, ExecId = process, Width = width, Height = height },
        token));

    /// <summary>False when there was nothing to kill, or nobody to do it: its end is not to be waited for.</summary>
    public async Task<bool> Kill()
    {
        try
        {
            var kill = new KillRequest { ContainerId = container, ExecId = process, Signal = 9 };
            await channel.Call(ContainerdApi.KillTask, kill, CancellationToken.None);
            return true;
        }
        catch (RuntimeException)
        {
            return false;
        }
    }

    /// <summary>What ended by itself at the last moment, or with its container, or with the daemon, is done.</summary>
    private static async Task IgnoringGone<T>(Func<Task<T>> act)
    {
        try
        {
            await act();
        }
        catch (RuntimeException e) when (e.Reason is RuntimeReason.NotFound or RuntimeReason.Unavailable
            or RuntimeReason.FailedPrecondition)
        {
            // As the summary says.
        }
    }
}
