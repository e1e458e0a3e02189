using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Api.Streams;
using Edge.Server.Fleet;
using Edge.Server.Schema;
using Edge.Server.Store;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Edge.Server.Api.Pods;

/// <summary>Relays a container's log from its node.</summary>
internal sealed class LogEndpoint(ObjectStore store, OpenPodLogs open, TimeProvider time)
{
    private const int BufferBytes = 32 * 1024;

    public async Task Run(ApiRequest request)
    {
        var pod = store.Get(request.Key) is { } stored ? ObjectBytes.Read(stored) : throw request.NotFound();
        var wanted = Request(
            request, pod, PodTarget.Container(pod, request.Path.Name, request.Query.Text("container")));
        var node = pod.Object("spec").Text("nodeName");
        if (node.Length == 0)
        {
            request.Response.ContentType = "text/plain";
            return;
        }

        CheckStarted(wanted, pod);
        var upgrade = LogSocket.Wish(request.Http);
        await using var log = await Open(node, wanted, request.Ct);
        if (upgrade is not null)
        {
            await Copy(request, upgrade, log);
            return;
        }

        request.Response.ContentType = "text/plain";
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (request.Http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        await request.Response.StartAsync(request.Ct);
        var buffer = new byte[BufferBytes];
        while (await log.ReadAsync(buffer, request.Ct) is > 0 and var read)
        {
            await request.Response.Body.WriteAsync(buffer.AsMemory(0, read), request.Ct);
            await request.Response.Body.FlushAsync(request.Ct);
        }
    }

    private static async Task Copy(ApiRequest request, Upgrade upgrade, Stream log)
    {
        try
        {
            await LogSocket.Copy(upgrade, log, request.Ct);
        }
        catch (Exception gone) when (gone is IOException or WebSocketException or OperationCanceledException)
        {
            request.Http.Abort();
        }
    }

    private async Task<Stream> Open(string node, PodLogRequest wanted, CancellationToken ct)
    {
        try
        {
            return await open(node, wanted, ct);
        }
        catch (StreamRefusedException refused)
        {
            throw PodTarget.Refusal(refused);
        }
        catch (IOException fault)
        {
            throw Errors.BadRequest(fault.Message);
        }
    }

    private PodLogRequest Request(ApiRequest request, JsonObject pod, string container)
    {
        var query = request.Query;
        var sinceSeconds = query.Number("sinceSeconds");
        var sinceTime = query.Text("sinceTime");
        if (sinceSeconds is not null && sinceTime.Length > 0)
        {
            throw Invalid("", "FieldValueForbidden",
                "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified");
        }

        CheckAtLeast("sinceSeconds", sinceSeconds, 1);
        CheckAtLeast("tailLines", query.Number("tailLines"), 0);
        CheckAtLeast("limitBytes", query.Number("limitBytes"), 1);
        return new PodLogRequest(
            request.Path.Namespace, request.Path.Name, pod.Object("metadata").Text("uid"), container,
            query.Flag("follow"), query.Flag("previous"), query.Flag("timestamps"),
            query.Number("tailLines"), query.Number("limitBytes"),
            sinceSeconds is { } seconds ? time.GetUtcNow().AddSeconds(-seconds) : Time(sinceTime), sinceSeconds);
    }

    private static DateTimeOffset? Time(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : throw Errors.BadRequest($"unable to parse sinceTime \"{text}\"");
    }

    private static void CheckAtLeast(string field, long? value, long least)
    {
        if (value < least)
        {
            throw Invalid(field, "FieldValueInvalid",
                $"Invalid value: {value}: must be greater than {(least == 0 ? "or equal to " : "")}0");
        }
    }

    private static StatusException Invalid(string field, string reason, string message) =>
        Errors.Invalid("", "PodLogOptions", "", [new FieldError(field, reason, message)]);

    /// <summary>Kubernetes' words for a container that has no log yet.</summary>
    private static void CheckStarted(PodLogRequest wanted, JsonObject pod)
    {
        var status = pod.Object("status").Objects("containerStatuses")
            .Concat(pod.Object("status").Objects("initContainerStatuses"))
            .FirstOrDefault(status => status.Text("name") == wanted.Container);
        var ended = status.Object("lastState").Object("terminated") is not null;
        if (wanted.Previous && !ended)
        {
            throw Errors.BadRequest(
                $"previous terminated container \"{wanted.Container}\" in pod \"{wanted.Pod}\" not found");
        }

        if (!wanted.Previous && !ended && status.Object("state").Object("waiting") is { } waiting)
        {
            throw Errors.BadRequest($"container \"{wanted.Container}\" in pod \"{wanted.Pod}\" is waiting to start: "
                + (waiting.Text("reason") is { Length: > 0 } reason ? reason : "ContainerCreating"));
        }
    }
}
