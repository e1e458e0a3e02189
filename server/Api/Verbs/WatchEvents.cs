using System.Diagnostics;
using Edge.Server.Api.Http;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>The events of one watch: what is there, and what changes in its selection.</summary>
internal sealed class WatchEvents(ApiRequest request, ObjectSelector selector, EventStream stream)
{
    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    /// <summary>
    /// The least time between two writes to one watcher: what is written right after another waits for more, so that
    /// twenty watchers of a busy kind do not cost twenty packets a change. Of the machine's clock: it is about packets.
    /// </summary>
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(5);

    public async Task SendInitial(StoreSnapshot snapshot)
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

    /// <summary>Sends what comes after a revision, until the token or the store ends it.</summary>
    /// <exception cref="StoreException">The client has fallen out of the window of changes.</exception>
    public async Task Follow(ObjectStore store, long from, CancellationToken ct)
    {
        var bookmarks = request.Query.Flag("allowWatchBookmarks");
        await using var changes = store.Watch(request.Prefix, from, ct).GetAsyncEnumerator(ct);
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
            else if (!await FlushAndWait(next, ct))
            {
                return;
            }

            if (changes.Current.Type != ChangeType.Bookmark)
            {
                Send(changes.Current);
                await stream.FlushIfLarge(ct);
            }
            else if (bookmarks)
            {
                stream.Bookmark(changes.Current.Object.Revision, annotation: null);
            }
        }
    }

    /// <summary>False when the watch is over.</summary>
    private async Task<bool> FlushAndWait(ValueTask<bool> next, CancellationToken ct)
    {
        if (!await TryFlush(ct))
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
    private async Task<bool> TryFlush(CancellationToken ct)
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
    private void Send(Change change)
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
