using System.IO.Pipelines;
using System.Net.WebSockets;
using Edge.Server.Api.Http;
using Edge.Server.Api.Streams;
using Edge.Server.Store;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// Streams changes, one JSON document a line; over WebSocket, which some clients ask for first, one a message.
/// </summary>
internal sealed class WatchVerb(VerbParts parts)
{
    /// <summary>
    /// As upstream's default of --min-request-timeout: half an hour to an hour, another for each request, so that they
    /// do not all come back at once.
    /// </summary>
    private const int LeastSeconds = 1800;

    /// <summary>A day; a longer wish is cut to it.</summary>
    private const int LongestSeconds = 86400;

    /// <summary>Kestrel's own limit for answers.</summary>
    private static readonly MinDataRate s_usualRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    public Task Run(ApiRequest request)
    {
        var wish = Read(request);
        return Upgrade.IsWebSocket(request.Http.Request) ? ToSocket(request, wish) : ToBody(request, wish);
    }

    /// <summary>What a client wants to see, from which moment on.</summary>
    private readonly record struct Wish(
        ObjectSelector Selector, ObjectAnswer Answer, bool Initial, StoreSnapshot At, long From);

    private Wish Read(ApiRequest request)
    {
        var (selector, answer) = (ObjectSelector.Of(request), ObjectAnswer.For(request, parts.Time));
        var initial = Initial(request.Query);
        var snapshot = parts.Store.Current;
        var asked = request.Query.ResourceVersion() ?? 0;
        return asked > snapshot.Revision
            ? throw Errors.FutureRevision(asked, snapshot.Revision)
            : new Wish(selector, answer, initial, snapshot, initial || asked == 0 ? snapshot.Revision : asked);
    }

    private async Task ToBody(ApiRequest request, Wish wish)
    {
        request.Response.ContentType = ResponseBody.Json;
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // A watch may be silent for minutes, and its client slow; what is too slow is said by EventStream.
        Limit(request, null);
        try
        {
            await Send(request, wish, request.Response.BodyWriter, request.Ct);
        }
        finally
        {
            // What is left to send must not hold a connection whose client does not read.
            Limit(request, s_usualRate);
        }
    }

    private async Task ToSocket(ApiRequest request, Wish wish)
    {
        try
        {
            await using var socket = await OutgoingSocket.Open(Upgrade.Agree(request.Http, [], []), request.Ct);
            await Send(request, wish, new LineMessages(socket), socket.Left);
            await socket.Close();
        }
        catch (Exception gone) when (gone is IOException or WebSocketException or OperationCanceledException)
        {
            request.Http.Abort();
        }
    }

    private async Task Send(ApiRequest request, Wish wish, PipeWriter output, CancellationToken left)
    {
        using var end = new CancellationTokenSource(
            TimeSpan.FromSeconds(request.Query.Number("timeoutSeconds") is > 0 and var seconds
                ? Math.Min(seconds, LongestSeconds)
                : LeastSeconds + (uint)request.Http.TraceIdentifier.GetHashCode() % LeastSeconds),
            parts.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(end.Token, left);
        var stream = new EventStream(request, wish.Answer, output, parts.Time);
        var events = new WatchEvents(request, wish.Selector, stream);
        try
        {
            if (wish.Initial)
            {
                await events.SendInitial(wish.At);
            }

            await events.Follow(parts.Store, wish.From, both.Token);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            // Its time is over, or the client or the server goes: the stream just ends.
        }
        catch (StoreException fault) when (fault.Reason == StoreReason.Compacted)
        {
            stream.Error(Errors.Expired(fault.Message));
            await stream.Flush(left);
        }
    }

    /// <summary>Whether what is there already comes first: when asked for, or when no revision is named.</summary>
    private static bool Initial(RequestQuery query)
    {
        var fromNothing = query.ResourceVersion() is null or 0;
        if (!query.Has("sendInitialEvents"))
        {
            return query.Text("resourceVersionMatch").Length == 0
                ? fromNothing
                : throw Errors.InvalidOptions("ListOptions", "resourceVersionMatch", "FieldValueForbidden",
                    "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }

        return query.Text("resourceVersionMatch") == "NotOlderThan"
            ? query.Flag("sendInitialEvents")
            : throw Errors.InvalidOptions("ListOptions", "resourceVersionMatch", "FieldValueForbidden",
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }

    private static void Limit(ApiRequest request, MinDataRate? rate)
    {
        if (request.Http.Features.Get<IHttpMinResponseDataRateFeature>() is { } feature)
        {
            feature.MinDataRate = rate;
        }
    }
}
