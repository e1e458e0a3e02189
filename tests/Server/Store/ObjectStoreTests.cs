using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Store;

public sealed class ObjectStoreTests
{
    private const string Key = "/registry/core/configmaps/default/a";

    [Fact]
    public async Task A_put_is_read_back_with_its_revision()
    {
        await using var fixture = new StoreFixture();
        var revision = await fixture.Put(Key, "one");

        var stored = fixture.Store.Get(Key)!.Value;
        Assert.Equal((revision, "one"), (stored.Revision, StoreFixture.Text(stored)));
    }

    [Fact]
    public async Task A_fault_that_nobody_foresaw_is_told_to_who_waits_and_ends_the_store()
    {
        var directory = Directory.CreateTempSubdirectory("edge-store-");
        var clock = new BrokenClock();
        var store = ObjectStore.Open(
            new StoreSettings(Path.Combine(directory.FullName, "edge.db"), new byte[SecretKeyFile.KeyBytes]), clock,
            NullLogger<ObjectStore>.Instance);
        try
        {
            clock.IsBroken = true;
            var fault = await Assert.ThrowsAsync<StoreException>(
                () => store.Txn([], [StoreOp.Put(Key, StoreFixture.Value("one"))], default));
            Assert.Equal(StoreReason.Broken, fault.Reason);
            await Assert.ThrowsAsync<StoreException>(() => store.Completion);
        }
        finally
        {
            await store.DisposeAsync();
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_stale_revision_is_a_conflict()
    {
        await using var fixture = new StoreFixture();
        var first = await fixture.Put(Key, "one");
        var second = await fixture.Put(Key, "two");

        var result = await fixture.Store.Txn(
            [new Compare(Key, first)], [StoreOp.Put(Key, StoreFixture.Value("three"))], default);

        var conflict = Assert.IsType<TxnResult.Conflict>(result);
        Assert.Equal((Key, second), (conflict.Key, conflict.Current!.Value.Revision));
        Assert.Equal("two", StoreFixture.Text(fixture.Store.Get(Key)));
    }

    [Fact]
    public async Task Revision_zero_means_absent()
    {
        await using var fixture = new StoreFixture();
        Assert.IsType<TxnResult.Committed>(await Create("one"));
        Assert.IsType<TxnResult.Conflict>(await Create("two"));

        Task<TxnResult> Create(string value) => fixture.Store.Txn(
            [new Compare(Key, 0)], [StoreOp.Put(Key, StoreFixture.Value(value))], default);
    }

    [Fact]
    public async Task A_failed_compare_applies_no_op_of_the_transaction()
    {
        await using var fixture = new StoreFixture();
        await fixture.Put(Key, "one");
        var revision = fixture.Store.Revision;

        await fixture.Store.Txn([new Compare(Key, 0)],
            [StoreOp.Put(Key + "b", StoreFixture.Value("b")), StoreOp.Delete(Key)], default);

        Assert.Equal(revision, fixture.Store.Revision);
        Assert.Null(fixture.Store.Get(Key + "b"));
    }

    [Fact]
    public async Task Each_op_takes_its_own_revision_and_an_idle_delete_takes_none()
    {
        await using var fixture = new StoreFixture();
        var before = fixture.Store.Revision;
        var result = await fixture.Store.Txn([],
            [StoreOp.Put(Key, StoreFixture.Value("a")), StoreOp.Delete("/registry/none"),
                StoreOp.Put(Key + "b", StoreFixture.Value("b"))], default);

        Assert.Equal(before + 2, Assert.IsType<TxnResult.Committed>(result).Revision);
        Assert.Equal(before + 1, fixture.Store.Get(Key)!.Value.Revision);
    }

    [Fact]
    public async Task A_list_is_one_moment_in_key_order_and_only_of_its_prefix()
    {
        await using var fixture = new StoreFixture();
        foreach (var name in new[] { "default/b", "default/a", "default2/c", "dev/d" })
        {
            await fixture.Put("/registry/core/configmaps/" + name, name);
        }

        var listing = fixture.Store.List("/registry/core/configmaps/default/");
        await fixture.Put("/registry/core/configmaps/default/z", "late");

        Assert.Equal(["default/a", "default/b"], listing.Items.Select(item => StoreFixture.Text(item)));
        Assert.Equal(4, fixture.Store.Current.CountOf("/registry/core/configmaps/") - 1);
    }

    [Fact]
    public async Task A_range_goes_on_after_a_key_that_is_gone()
    {
        await using var fixture = new StoreFixture();
        foreach (var name in new[] { "a", "b", "c" })
        {
            await fixture.Put("/registry/x/" + name, name);
        }

        await fixture.Delete("/registry/x/b");
        var rest = fixture.Store.Current.Range("/registry/x/", "/registry/x/b");
        Assert.Equal(["c"], rest.Select(item => StoreFixture.Text(item)));
        rest = fixture.Store.Current.Range("/registry/x/", "/registry/x/a");
        Assert.Equal(["c"], rest.Select(item => StoreFixture.Text(item)));
    }

    [Fact]
    public async Task A_restart_keeps_objects_and_jumps_the_counter()
    {
        await using var fixture = new StoreFixture();
        var revision = await fixture.Put(Key, "one");
        await fixture.Reopen();

        Assert.Equal(revision, fixture.Store.Get(Key)!.Value.Revision);
        Assert.Equal(revision + StoreWriter.StartJump, fixture.Store.Revision);
    }

    [Fact]
    public async Task Events_and_node_leases_are_gone_after_a_restart_but_their_revisions_are_not_used_again()
    {
        await using var fixture = new StoreFixture();
        const string lease = "/registry/coordination.k8s.io/leases/kube-node-lease/n1";
        await fixture.Put("/registry/core/events/default/e", "event");
        var last = await fixture.Put(lease, "lease");
        Assert.NotNull(fixture.Store.Get(lease));
        await fixture.Reopen();

        Assert.Null(fixture.Store.Get(lease));
        Assert.Null(fixture.Store.Get("/registry/core/events/default/e"));
        Assert.True(fixture.Store.Revision > last);
    }

    [Fact]
    public async Task A_lease_elsewhere_is_durable()
    {
        await using var fixture = new StoreFixture();
        const string lease = "/registry/coordination.k8s.io/leases/kube-system/leader";
        await fixture.Put(lease, "lease");
        await fixture.Reopen();
        Assert.NotNull(fixture.Store.Get(lease));
    }

    [Fact]
    public async Task An_event_goes_after_an_hour_without_further_writes()
    {
        await using var fixture = new StoreFixture();
        const string key = "/registry/core/events/default/e";
        await fixture.Put(key, "event");
        var watch = fixture.Store.Watch(key, fixture.Store.Revision, default).GetAsyncEnumerator();

        fixture.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.NotNull(fixture.Store.Get(key));
        fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        do
        {
            Assert.True(await watch.MoveNextAsync());
        }
        while (watch.Current.Type == ChangeType.Bookmark);

        Assert.Equal(ChangeType.Delete, watch.Current.Type);
        Assert.Null(fixture.Store.Get(key));
        await watch.DisposeAsync();
    }

    [Fact]
    public async Task Too_many_events_push_out_the_oldest()
    {
        await using var fixture = new StoreFixture();
        var all = Enumerable.Range(0, EventExpiry.EventsMax + 10)
            .Select(i => StoreOp.Put($"/registry/core/events/default/e{i:D5}", StoreFixture.Value("event")));
        await fixture.Store.Txn([], all.ToList(), default);

        Assert.Equal(EventExpiry.EventsMax, fixture.Store.Current.CountOf("/registry/core/events/"));
        Assert.Null(fixture.Store.Get("/registry/core/events/default/e00009"));
        Assert.NotNull(fixture.Store.Get("/registry/core/events/default/e00010"));
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        var fixture = new StoreFixture();
        await fixture.Store.DisposeAsync();
        var fault = await Assert.ThrowsAsync<StoreException>(() => fixture.Put(Key, "one"));
        Assert.Equal(StoreReason.Closed, fault.Reason);
    }

    private sealed class BrokenClock : TimeProvider
    {
        public bool IsBroken { get; set; }

        public override DateTimeOffset GetUtcNow() =>
            IsBroken ? throw new InvalidOperationException("no time") : DateTimeOffset.UnixEpoch;
    }
}
