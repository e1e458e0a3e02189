using System.Text;
using System.Text.Json;
using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Logs;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Containerd.Containers;
using Edge.Proto.Containerd.Tasks;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Edge.Agent.Runtime;

/// <summary>Runs one command in a running container to its end, with the container's own identity and limits.</summary>
internal sealed class ContainerExec(GrpcChannel channel, ContainerFiles files, Random random, TimeProvider clock)
{
    private const string ProcessType = "types.containerd.io/opencontainers/runtime-spec/1/Process";

    public async Task<ExecResult> Run(
        string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken token)
    {
        var container = (await channel.Call(
            ContainerdApi.GetContainer, new GetContainerRequest { Id = id }, token)).Container;
        var spec = JsonSerializer.Deserialize(container.Spec.Value.Span, OciSpecJson.Default.OciSpec)
            ?? throw new RuntimeException(RuntimeReason.Failed, $"{id} has no specification");
        var process = spec.Process with { Args = command, Terminal = false };
        var exec = $"exec-{random.NextInt64():x16}";
        var directory = Path.Combine(files.FifoDirectory(id), exec);
        Directory.CreateDirectory(directory);
        try
        {
            using var output = Fifo.Open(Path.Combine(directory, "stdout"));
            using var error = Fifo.Open(Path.Combine(directory, "stderr"));
            await channel.Call(ContainerdApi.ExecProcess, new ExecProcessRequest
            {
                ContainerId = id,
                ExecId = exec,
                Stdout = Path.Combine(directory, "stdout"),
                Stderr = Path.Combine(directory, "stderr"),
                Spec = new Any
                {
                    TypeUrl = ProcessType,
                    Value = ByteString.CopyFrom(
                        JsonSerializer.SerializeToUtf8Bytes(process, OciSpecJson.Default.OciProcess)),
                },
            }, token);
            return await RunToEnd(id, exec, timeout, output, error, token);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task<ExecResult> RunToEnd(
        string id, string exec, TimeSpan timeout, Fifo output, Fifo error, CancellationToken token)
    {
        var timedOut = false;
        try
        {
            var start = new StartRequest { ContainerId = id, ExecId = exec };
            await channel.Call(ContainerdApi.StartTask, start, token);
            using var limit = new CancellationTokenSource(timeout, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
            var code = 0;
            try
            {
                var wait = new WaitRequest { ContainerId = id, ExecId = exec };
                code = (int)(await channel.Call(ContainerdApi.WaitTask, wait, both.Token)).ExitStatus;
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                timedOut = true;
                await Kill(id, exec);
            }

            return new ExecResult(code, Text(output) + Text(error), timedOut);
        }
        finally
        {
            await Delete(id, exec);
        }
    }

    private async Task Kill(string id, string exec)
    {
        try
        {
            var kill = new KillRequest { ContainerId = id, ExecId = exec, Signal = 9 };
            await channel.Call(ContainerdApi.KillTask, kill, CancellationToken.None);
            var wait = new WaitRequest { ContainerId = id, ExecId = exec };
            await channel.Call(ContainerdApi.WaitTask, wait, CancellationToken.None);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // It ended by itself at the last moment.
        }
    }

    private async Task Delete(string id, string exec)
    {
        try
        {
            var delete = new DeleteProcessRequest { ContainerId = id, ExecId = exec };
            await channel.Call(ContainerdApi.DeleteProcess, delete, CancellationToken.None);
        }
        catch (RuntimeException e) when (e.Reason is RuntimeReason.NotFound or RuntimeReason.Unavailable)
        {
            // Gone with its container, or with the daemon.
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
