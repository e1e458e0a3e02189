using Edge.Server.Store;
using Microsoft.Data.Sqlite;

namespace Edge.Tests.Server.Store;

public sealed class KvDatabaseTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edge-kv-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_new_file_has_given_out_no_revision() => Assert.Equal(0, Counter());

    [Fact]
    public void The_newest_row_tells_the_counter()
    {
        Commit(7, Put("a", 6), Put("b", 7));
        Assert.Equal(7, Counter());
    }

    [Fact]
    public void A_counter_beyond_all_rows_is_kept()
    {
        Commit(9, Put("a", 6), Put("b", 7));
        Assert.Equal(9, Counter());
        Commit(12);
        Assert.Equal(12, Counter());
    }

    [Fact]
    public void The_counter_does_not_go_back_with_the_row_that_told_it()
    {
        Commit(7, Put("a", 6), Put("b", 7));
        Commit(8, Delete("b", 8));
        Assert.Equal(8, Counter());
        Commit(9, Put("a", 9));
        Commit(10, Delete("a", 10));
        Assert.Equal(10, Counter());
    }

    [Fact]
    public void A_damaged_revision_hides_no_other()
    {
        Commit(7, Put("a", 6), Put("b", 7));
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE kv SET revision = 'x' WHERE key = 'a'";
            command.ExecuteNonQuery();
        }

        Assert.Equal(7, Counter());
        using var database = Open();
        Assert.Throws<InvalidDataException>(() => database.ReadAll().Count());
    }

    private string File => Path.Combine(_folder.FullName, "kv.db");

    private static RowWrite Put(string key, long revision) => new(key, revision, [1]);

    private static RowWrite Delete(string key, long revision) => new(key, revision, null);

    private void Commit(long counter, params RowWrite[] rows)
    {
        using var database = Open();
        database.Commit(rows, counter);
    }

    private long Counter()
    {
        using var database = Open();
        return database.ReadCounter();
    }

    private KvDatabase Open() => new(File, checkpointPages: 1000);
}
