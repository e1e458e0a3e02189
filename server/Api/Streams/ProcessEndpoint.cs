using System.Net.WebSockets;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Fleet;
using Edge.Server.Store;

namespace Edge.Server.Api.Streams;

/// <summary>
/// Runs a command in a container for a client (exec), or lets it at the container's own process (attach).
/// </summary>
internal sealed class ProcessEndpoint(ObjectStore store, StreamRelay relay, TimeProvider time)
{
    public Task Exec(ApiRequest request)
    {
        var command = request.Http.Request.Query["command"];
        if (command.Count == 0)
        {
            throw Errors.BadRequest("you must specify at least one command for the container");
        }

        var options = ProcessOptions.Read(request.Query, command);
        return Run(request, options, PodStreamRequest.ExecKind);
    }

    public Task Attach(ApiRequest request) => Run(
        request, ProcessOptions.Read(request.Query, default), PodStreamRequest.AttachKind);

    private async Task Run(ApiRequest request, ProcessOptions options, string kind)
    {
        var target = PodTarget.Of(request, store);
        var container = target.Container(request.Query.Text("container"));
        var upgrade = Upgrade.Agree(request.Http, WebSocketClient.Protocols, SpdyClient.Protocols);
        await using var node = await Open(target, container, options, kind, request.Ct);
        try
        {
            using var client = upgrade.IsByWebSocket
                ? await Greeted(upgrade, options, request.Ct)
                : await SpdyClient.Accept(
                    await upgrade.ToSpdy(), upgrade.Protocol, options, time, request.Ct);
            using var session = new ProcessSession(client, node, options.Command, time);
            await session.Run(request.Ct);
        }
        catch (Exception gone) when (gone is IOException or WebSocketException or OperationCanceledException)
        {
            // The client left, spoke nonsense or was silent for too long; there is nobody to tell.
            request.Http.Abort();
        }
    }

    private async Task<NodeStream> Open(
        PodTarget target, string container, ProcessOptions options, string kind, CancellationToken ct)
    {
        var wanted = new PodStreamRequest
        {
            PodUid = target.Uid, PodNamespace = target.Namespace, PodName = target.Pod, Container = container,
            Command = options.Command, Stdin = options.Stdin, Stdout = options.Stdout, Stderr = options.Stderr,
            Tty = options.Tty,
        };
        try
        {
            return await relay.Open(target.Node, kind, wanted, ct);
        }
        catch (StreamRefusedException refused)
        {
            throw PodTarget.Refusal(refused);
        }
    }

    private static async Task<ProcessClient> Greeted(Upgrade upgrade, ProcessOptions options, CancellationToken ct)
    {
        var client = new WebSocketClient(await upgrade.ToWebSocket(), upgrade.Protocol);
        try
        {
            await client.Greet(options.Stdout, options.Stderr, ct);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
