using Edge.Server.Store;

namespace Edge.Tests.Server.Store;

public sealed class RestoreTests : IAsyncDisposable
{
    private static readonly string Key = StoreKeys.For("", "configmaps", "a", "x");

    private readonly StoreFixture _fixture = new();

    private string Backup => _fixture.Path + ".backup";

    [Fact]
    public async Task A_backup_brings_back_what_was_there_and_revisions_go_on_behind_all_that_were_given_out()
    {
        await _fixture.Put(Key, "then");
        await _fixture.Store.BackUp(Backup, default);
        var last = await _fixture.Put(Key, "now");

        var revision = await _fixture.Restore(Backup);

        Assert.Equal("then", StoreFixture.Text(_fixture.Store.Get(Key)));
        Assert.True(revision > last);
        Assert.True(_fixture.Store.Revision > revision);
    }

    [Fact]
    public async Task That_a_backup_was_restored_stands_as_a_ConfigMap_that_tells_what_it_means()
    {
        await _fixture.Put(Key, "then");
        await _fixture.Store.BackUp(Backup, default);

        var revision = await _fixture.Restore(Backup);

        var mark = _fixture.Store.Get(StoreRestore.MarkKey);
        Assert.Equal(revision, mark?.Revision);
        Assert.Contains("\"name\":\"edge-restored\"", StoreFixture.Text(mark));
        Assert.Contains("Delete this ConfigMap", StoreFixture.Text(mark));
    }

    [Fact]
    public async Task The_same_backup_restored_twice_gives_out_no_revision_twice()
    {
        await _fixture.Put(Key, "then");
        await _fixture.Store.BackUp(Backup, default);
        await _fixture.Restore(Backup);
        var first = await _fixture.Put(Key, "after the first");

        await _fixture.Restore(Backup);

        Assert.True(await _fixture.Put(Key, "after the second") > first);
    }

    [Fact]
    public async Task A_backup_restored_again_after_the_disk_was_lost_gives_out_no_revision_twice()
    {
        await _fixture.Put(Key, "then");
        await _fixture.Store.BackUp(Backup, default);
        await _fixture.Restore(Backup);
        var first = await _fixture.Put(Key, "after the first");
        await _fixture.Store.DisposeAsync();
        File.Delete(_fixture.Path);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True(await _fixture.Restore(Backup) > first);
    }

    [Fact]
    public async Task With_a_clock_that_stands_at_its_beginning_revisions_go_on_far_behind_all_that_are_known()
    {
        await _fixture.Put(Key, "then");
        await _fixture.Store.BackUp(Backup, default);
        var last = _fixture.Store.Revision;
        await _fixture.Store.DisposeAsync();

        Assert.Equal(last + StoreRestore.Jump, StoreRestore.Run(Backup, _fixture.Path, DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task A_backup_holds_all_that_was_acknowledged_before_and_is_readable_by_its_owner_only()
    {
        for (var i = 0; i < 100; i++)
        {
            await _fixture.Put($"{Key}{i}", "value");
        }

        await _fixture.Store.BackUp(Backup, default);
        await _fixture.Restore(Backup);

        Assert.Equal(100, _fixture.Store.List(Key).Items.Count);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Backup));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_fixture.Path));
    }

    [Fact]
    public async Task A_broken_database_is_replaced()
    {
        await _fixture.Put(Key, "then");
        await _fixture.Store.BackUp(Backup, default);
        await _fixture.Store.DisposeAsync();
        await File.WriteAllTextAsync(_fixture.Path, new string('x', 100_000));

        await _fixture.Restore(Backup);

        Assert.Equal("then", StoreFixture.Text(_fixture.Store.Get(Key)));
    }

    [Fact]
    public async Task A_database_in_use_is_left_alone()
    {
        await _fixture.Put(Key, "then");
        await _fixture.Store.BackUp(Backup, default);

        var told = Assert.Throws<InvalidDataException>(
            () => StoreRestore.Run(Backup, _fixture.Path, _fixture.Clock.GetUtcNow()));

        Assert.Contains("a server runs on", told.Message);
        await _fixture.Put(Key, "goes on");
    }

    [Theory]
    [InlineData("no database at all")]
    [InlineData("")]
    public async Task What_is_no_backup_is_refused_and_nothing_is_changed(string content)
    {
        await _fixture.Put(Key, "then");
        await File.WriteAllTextAsync(Backup, content);

        await Assert.ThrowsAsync<InvalidDataException>(() => _fixture.Restore(Backup));

        Assert.Equal("then", StoreFixture.Text(_fixture.Store.Get(Key)));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_fixture.Path)!, "*.restore*"));
    }

    [Fact]
    public async Task A_backup_that_cannot_be_written_costs_the_store_nothing()
    {
        await Assert.ThrowsAnyAsync<IOException>(
            () => _fixture.Store.BackUp(Path.Combine(_fixture.Path, "below-a-file"), default));

        await _fixture.Put(Key, "goes on");
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
