using Edge.Server.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Store;

/// <summary>A database that a disk has damaged is named, with what helps; nothing is read from it.</summary>
public sealed class DamagedFileTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_row_without_a_key_is_damage()
    {
        await Write();
        using (var database = new SqliteConnection($"Data Source={_fixture.Path};Pooling=False"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = "UPDATE kv SET key = NULL";
            command.ExecuteNonQuery();
        }

        var refused = Refused();
        Assert.Contains("lacks its key, revision or value", refused, StringComparison.Ordinal);
        Assert.Contains("edge-server restore", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task A_page_of_something_else_is_damage_that_a_backup_mends(int offset)
    {
        await Write();
        using (var file = File.OpenWrite(_fixture.Path))
        {
            file.Position = offset;
            file.Write(Enumerable.Repeat((byte)0x5A, 4096).ToArray());
        }

        Assert.Contains("edge-server restore", Refused(), StringComparison.Ordinal);
    }

    private async Task Write()
    {
        await _fixture.Put(Resources.ConfigMaps.KeyOf("default", "c"), "{}");
        await _fixture.Store.DisposeAsync();
    }

    private string Refused() => Assert.Throws<InvalidDataException>(() => ObjectStore.Open(
        new StoreSettings(_fixture.Path, new byte[SecretKeyFile.KeyBytes]), _fixture.Clock,
        NullLogger<ObjectStore>.Instance)).Message;
}
