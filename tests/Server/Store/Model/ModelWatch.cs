using Edge.Server.Store;

namespace Edge.Tests.Server.Store.Model;

/// <summary>One watch, checked step by step against the log of the model.</summary>
internal sealed class ModelWatch(ObjectStore store, StoreModel model, string prefix, long from) : IAsyncDisposable
{
    /// <summary>After which what must come will not; far beyond what any machine needs.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly long _from = from;
    private readonly CancellationTokenSource _stop = new();
    private IAsyncEnumerator<Change>? _changes;
    private Task<bool>? _next;

    /// <summary>Everything up to here was delivered.</summary>
    public long Seen { get; private set; } = from;

    /// <summary>The watch was told that it is too far behind, rightly.</summary>
    public bool IsCompacted { get; private set; }

    /// <summary>
    /// Takes one step. What was committed up to <paramref name="acknowledged"/> must come; what may come later is left
    /// waiting. False when there was nothing to take.
    /// </summary>
    public async Task<bool> Take(long acknowledged)
    {
        _changes ??= store.Watch(prefix, _from, _stop.Token).GetAsyncEnumerator();
        _next ??= _changes.MoveNextAsync().AsTask();
        var mustCome = _from < model.Start || model.Next(prefix, Seen)?.Object.Revision <= acknowledged;
        if (!mustCome && !_next.IsCompleted)
        {
            return false;
        }

        try
        {
            Assert.True(await _next.WaitAsync(s_patience), "a watch ended by itself");
            _next = null;
            Check(_changes.Current);
            return true;
        }
        catch (StoreException told) when (told.Reason == StoreReason.Compacted)
        {
            Assert.False(model.MustBeKept(Seen), $"a watch from {Seen} was told: {told.Message}");
            IsCompacted = true;
            return false;
        }
    }

    /// <summary>The store is closed: a waiting watch is told, and nobody is left waiting.</summary>
    public async Task End()
    {
        if (_next is not null)
        {
            var told = await Record.ExceptionAsync(() => _next.WaitAsync(s_patience));
            Assert.True(told is null or StoreException, $"{told}");
            _next = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_next is not null)
        {
            await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await (_changes?.DisposeAsync() ?? ValueTask.CompletedTask);
        _stop.Dispose();
    }

    private void Check(Change change)
    {
        var expected = model.Next(prefix, Seen);
        if (change.Type != ChangeType.Bookmark)
        {
            Same.Changes(Assert.NotNull(expected), change);
        }
        else
        {
            var until = expected?.Object.Revision ?? model.Revision + 1;
            Assert.InRange(change.Object.Revision, Seen, until - 1);
        }

        Seen = change.Object.Revision;
    }
}
