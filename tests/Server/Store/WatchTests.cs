using Edge.Server.Store;

namespace Edge.Tests.Server.Store;

public sealed class WatchTests
{
    private const string Prefix = "/registry/core/configmaps/";

    [Fact]
    public async Task A_watch_delivers_what_was_missed_then_what_comes()
    {
        await using var fixture = new StoreFixture();
        var from = await fixture.Put(Prefix + "a", "1");
        await fixture.Put(Prefix + "a", "2");
        await using var watch = fixture.Store.Watch(Prefix, from, default).GetAsyncEnumerator();

        var missed = await Next(watch);
        Assert.Equal(("2", "1"), (StoreFixture.Text(missed.Object), StoreFixture.Text(missed.Previous)));

        var waiting = watch.MoveNextAsync();
        await fixture.Put("/registry/core/secrets/a", "other");
        Assert.False(waiting.IsCompleted);
        var revision = await fixture.Delete(Prefix + "a");
        Assert.True(await waiting);
        Assert.Equal((ChangeType.Delete, revision), (watch.Current.Type, watch.Current.Object.Revision));
        Assert.Equal("2", StoreFixture.Text(watch.Current.Object));
    }

    [Fact]
    public async Task A_revision_before_the_start_is_compacted()
    {
        await using var fixture = new StoreFixture();
        var revision = await fixture.Put(Prefix + "a", "1");
        await fixture.Reopen();
        await Fails(fixture, revision, StoreReason.Compacted);
    }

    [Fact]
    public async Task A_revision_that_was_not_reached_is_refused()
    {
        await using var fixture = new StoreFixture();
        await Fails(fixture, fixture.Store.Revision + 1, StoreReason.FutureRevision);
    }

    [Fact]
    public async Task A_reader_that_falls_out_of_the_window_is_told()
    {
        await using var fixture = new StoreFixture();
        var from = fixture.Store.Revision;
        await using var slow = fixture.Store.Watch(Prefix, from, default).GetAsyncEnumerator();
        await fixture.Put(Prefix + "a", "1");
        Assert.True(await slow.MoveNextAsync());

        var ops = Enumerable.Range(0, WatchHub.WindowChanges).Select(i => StoreOp.Put(Prefix + i, new byte[] { 1 }));
        await fixture.Store.Txn([], ops.ToList(), default);
        await Fails(fixture, from, StoreReason.Compacted);

        await fixture.Put(Prefix + "b", "1");
        var fault = await Assert.ThrowsAsync<StoreException>(async () => await slow.MoveNextAsync());
        Assert.Equal(StoreReason.Compacted, fault.Reason);
    }

    [Fact]
    public async Task A_quiet_reader_does_not_fall_out_of_the_window()
    {
        await using var fixture = new StoreFixture();
        await using var quiet = fixture.Store.Watch(Prefix, fixture.Store.Revision, default).GetAsyncEnumerator();
        var waiting = quiet.MoveNextAsync();
        var ops = Enumerable.Range(0, WatchHub.WindowChanges + 1)
            .Select(i => StoreOp.Put("/registry/core/events/" + i, new byte[] { 1 }));
        await fixture.Store.Txn([], ops.ToList(), default);
        await fixture.Put(Prefix + "a", "1");

        Assert.True(await waiting);
        Assert.Equal("1", StoreFixture.Text(quiet.Current.Object));
    }

    [Fact]
    public async Task A_bookmark_names_the_revision_up_to_which_nothing_was_missed()
    {
        await using var fixture = new StoreFixture();
        await using var watch = fixture.Store.Watch(Prefix, fixture.Store.Revision, default).GetAsyncEnumerator();
        var waiting = watch.MoveNextAsync();
        var revision = await fixture.Put("/registry/core/secrets/a", "other");
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True(await waiting);
        Assert.Equal((ChangeType.Bookmark, revision), (watch.Current.Type, watch.Current.Object.Revision));
    }

    [Fact]
    public async Task Cancelling_ends_a_waiting_watch()
    {
        await using var fixture = new StoreFixture();
        using var stop = new CancellationTokenSource();
        await using var watch =
            fixture.Store.Watch(Prefix, fixture.Store.Revision, stop.Token).GetAsyncEnumerator();
        var waiting = watch.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    private static async Task<Change> Next(IAsyncEnumerator<Change> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current;
    }

    private static async Task Fails(StoreFixture fixture, long from, StoreReason reason)
    {
        await using var watch = fixture.Store.Watch(Prefix, from, default).GetAsyncEnumerator();
        var fault = await Assert.ThrowsAsync<StoreException>(async () => await watch.MoveNextAsync());
        Assert.Equal(reason, fault.Reason);
    }
}
