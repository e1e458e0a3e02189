using System.Runtime.CompilerServices;

namespace Edge.Server.Store;

/// <summary>What a follower of a prefix sees: first all of it, then each change; all of it again after a gap.</summary>
internal abstract record FollowStep
{
    private FollowStep()
    {
    }

    /// <summary>Everything there is; whatever the reader knows beyond it is gone.</summary>
    internal sealed record Listed(Listing Listing) : FollowStep;

    internal sealed record Changed(Change Change) : FollowStep;
}

/// <summary>
/// List, then watch, then list again when the watch fell behind: what every cache in this process needs.
/// </summary>
internal static class StoreFollow
{
    /// <summary>Ends only by cancellation, or when the store fails. Bookmarks are left out.</summary>
    public static async IAsyncEnumerable<FollowStep> Follow(
        this ObjectStore store, string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var listing = store.List(prefix);
            yield return new FollowStep.Listed(listing);

            await using var changes = store.Watch(prefix, listing.Revision, ct).GetAsyncEnumerator(ct);
            while (await Next(changes))
            {
                if (changes.Current.Type != ChangeType.Bookmark)
                {
                    yield return new FollowStep.Changed(changes.Current);
                }
            }
        }
    }

    private static async Task<bool> Next(IAsyncEnumerator<Change> changes)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (StoreException failure) when (failure.Reason == StoreReason.Compacted)
        {
            return false;
        }
    }
}
