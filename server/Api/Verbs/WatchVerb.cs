using System.Diagnostics;
using Edge.Server.Api.Http;
using Edge.Server.Store;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Edge.Server.Api.Verbs;

/// <summary>Streams changes, one JSON document a line.</summary>
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

    /// <summary>
    /// The least time between two writes to one watcher: what is written right after another waits for more, so that
    /// twenty watchers of a busy kind do not cost twenty packets a change. Of the machine's clock: it is about packets.
    /// </summary>
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(5);

    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    public async Task Run(ApiRequest request)
    {
        var query = request.Query;
        var selector = ObjectSelector.Of(request);
        var answer = ObjectAnswer.For(request, parts.Time);
        var initial = Initial(query);
        var snapshot = parts.Store.Current;
        var asked = query.ResourceVersion() ?? 0;
        if (asked > snapshot.Revision)
        {
            throw Errors.FutureRevision(asked, snapshot.Revision);
        }

        request.Response.ContentType = ResponseBody.Json;
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // A watch may be silent for minutes, and its client slow; what is too slow is said by EventStream.
        Limit(request, null);
        using var end = new CancellationTokenSource(
            TimeSpan.FromSeconds(query.Number("timeoutSeconds") is > 0 and var seconds
                ? Math.Min(seconds, LongestSeconds)
                : LeastSeconds + (uint)request.Http.TraceIdentifier.GetHashCode() % LeastSeconds),
            parts.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(end.Token, request.Ct);
        var stream = new EventStream(request, answer, parts.Time);
        try
        {
            if (initial)
            {
                await SendInitial(request, selector, snapshot, stream);
            }

            await Follow(request, selector, initial || asked == 0 ? snapshot.Revision : asked, stream, both.Token);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            // Its time is over, or the client or the server goes: the stream just ends.
        }
        catch (StoreException fault) when (fault.Reason == StoreReason.Compacted)
        {
            stream.Error(Errors.Expired(fault.Message));
            await stream.Flush(request.Ct);
        }
        finally
        {
            // What is left to send must not hold a connection whose client does not read.
            Limit(request, s_usualRate);
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

    private static async Task SendInitial(
        ApiRequest request, ObjectSelector selector, StoreSnapshot snapshot, EventStream stream)
    {
        foreach (var stored in snapshot.Range(request.Prefix).Where(selector.Matches))
        {
            stream.Event(EventStream.Added, stored);
            await stream.FlushIfLarge(request.Ct);
        }

        if (request.Query.Flag("sendInitialEvents") && request.Query.Flag("allowWatchBookmarks"))
        {
            stream.Bookmark(snapshot.Revision, InitialEventsEnd);
        }
    }

    private async Task Follow(
        ApiRequest request, ObjectSelector selector, long from, EventStream stream, CancellationToken ct)
    {
        var bookmarks = request.Query.Flag("allowWatchBookmarks");
        await using var changes = parts.Store.Watch(request.Prefix, from, ct).GetAsyncEnumerator(ct);
        await stream.Flush(ct);
        while (true)
        {
            var next = changes.MoveNextAsync();
            if (next.IsCompleted)
            {
                if (!await next)
                {
                    return;
                }
            }
            else if (!await FlushAndWait(stream, next, ct))
            {
                return;
            }

            if (changes.Current.Type != ChangeType.Bookmark)
            {
                Send(changes.Current, selector, stream);
                await stream.FlushIfLarge(ct);
            }
            else if (bookmarks)
            {
                stream.Bookmark(changes.Current.Object.Revision, annotation: null);
            }
        }
    }

    /// <summary>False when the watch is over.</summary>
    private static async Task<bool> FlushAndWait(EventStream stream, ValueTask<bool> next, CancellationToken ct)
    {
        if (!await TryFlush(stream, ct))
        {
            // The change that is waited for must be let go before the watch may be.
            await ((Task)next.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        }

        var flushed = Stopwatch.GetTimestamp();
        if (!await next)
        {
            return false;
        }

        var rest = s_gather - Stopwatch.GetElapsedTime(flushed);
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, TimeProvider.System, ct);
        }

        return true;
    }

    /// <summary>False when the stream is over; the watch under the same token ends as well.</summary>
    private static async Task<bool> TryFlush(EventStream stream, CancellationToken ct)
    {
        try
        {
            await stream.Flush(ct);
            return true;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>A change can bring an object into the selection, or take it out.</summary>
    private static void Send(Change change, ObjectSelector selector, EventStream stream)
    {
        var before = change.Previous is { } previous && selector.Matches(previous);
        var now = change.Type == ChangeType.Put && selector.Matches(change.Object);
        switch (before, now)
        {
            case (false, true):
                stream.Event(EventStream.Added, change.Object);
                break;
            case (true, true):
                stream.Event(EventStream.Modified, change.Object);
                break;
            case (true, false):
                // The last state that was in the selection, under the revision of the change.
                stream.Event(EventStream.Deleted, change.Previous!.Value with { Revision = change.Object.Revision });
                break;
            case (false, false):
                break;
        }
    }
}
