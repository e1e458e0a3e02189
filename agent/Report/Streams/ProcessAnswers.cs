using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Streams;
using Edge.Proto.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Streams;

/// <summary>Lets people who are far away run commands in this node's containers, and be at the containers.</summary>
internal sealed class ProcessAnswers(NodeLedger ledger, ContainerdRuntime runtime, TimeProvider clock)
{
    public async Task<string?> Exec(ReadOnlyMemory<byte> payload, LinkStream stream, CancellationToken cancellation)
    {
        var request = Read(payload);
        if (RunningId(request) is not { } id)
        {
            return NotFound(request);
        }

        stream.Accept();
        var exec = new ExecRequest(request.Command, request.Stdin, request.Stdout, request.Stderr, request.Tty);
        try
        {
            await using var process = await runtime.StartExec(id, exec, cancellation);
            var code = await new ProcessRelay(process, stream, clock).Run(cancellation);
            stream.End(null, code);
            return null;
        }
        catch (RuntimeException failed)
        {
            return $"failed to exec in container: {failed.Message}";
        }
    }

    public async Task<string?> Attach(ReadOnlyMemory<byte> payload, LinkStream stream, CancellationToken cancellation)
    {
        var request = Read(payload);
        try
        {
            var wanted = new AttachRequest(request.Stdin, request.Stdout, request.Stderr);
            await using var process = RunningId(request) is { } id
                ? await runtime.Attach(id, wanted, cancellation) : null;
            if (process is null)
            {
                return NotFound(request);
            }

            stream.Accept();
            await new ProcessRelay(process, stream, clock).Run(cancellation);
            stream.End();
            return null;
        }
        catch (RuntimeException failed)
        {
            return failed.Message;
        }
    }

    private static PodStreamRequest Read(ReadOnlyMemory<byte> payload) =>
        JsonSerializer.Deserialize(payload.Span, ModelJson.Default.PodStreamRequest) ?? new PodStreamRequest();

    /// <summary>The kubelet's words.</summary>
    private static string NotFound(PodStreamRequest request) => $"container not found (\"{request.Container}\")";

    private string? RunningId(PodStreamRequest request) =>
        ledger.Pods.GetValueOrDefault(request.PodUid)?.Of(request.Container) is { Started: true, Exit: null } container
            ? ContainerId.For(request.PodUid, request.Container, container.Attempt)
            : null;
}
