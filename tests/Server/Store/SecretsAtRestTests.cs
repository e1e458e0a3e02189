using System.Text;
using Edge.Server.Store;
using Edge.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Store;

/// <summary>What somebody finds who has the database's files, but not the key.</summary>
public sealed class SecretsAtRestTests : IDisposable
{
    private const string Marker = "correct-horse-battery-staple";

    private static readonly string s_key = Resources.Secrets.KeyOf("default", "s");
    private static readonly string s_plain = Resources.ConfigMaps.KeyOf("default", "c");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edge-secrets-");
    private readonly byte[] _secretKey = new byte[SecretKeyFile.KeyBytes];

    private string Database => Path.Combine(_directory.FullName, "edge.db");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task No_file_ever_holds_a_secret_in_plain()
    {
        await using (var store = Open(_secretKey))
        {
            for (var i = 0; i < 50; i++)
            {
                await Put(store, s_key, Value(i));
                await Put(store, Resources.Secrets.KeyOf("default", $"s{i}"), Value(i, padding: 10_000));
            }

            await Put(store, s_plain, Value(0));
            await store.Txn([], [StoreOp.Delete(Resources.Secrets.KeyOf("default", "s7"))], default);
            Assert.Equal(1, Count("ConfigMap-0"));
            Assert.Equal(0, Count("Secret-"));
        }

        Assert.Equal(0, Count("Secret-"));
        await using var again = Open(_secretKey);
        Assert.Equal(Text(Value(49)), Text(again.Get(s_key)!.Value.Value));
    }

    [Fact]
    public async Task A_secret_that_lies_open_is_read_and_sealed_at_the_next_start()
    {
        using (var database = new KvDatabase(Database, checkpointPages: 1000))
        {
            byte[] open = [0, .. Value(1)];
            database.Commit([new RowWrite(s_key, 5, open), new RowWrite(s_key + "2", 6, open)], 10);
            database.Commit([new RowWrite(s_key + "2", 7, null)], 11);
        }

        Assert.NotEqual(0, Count("Secret-"));
        await using (var store = Open(_secretKey))
        {
            Assert.Equal((5, Text(Value(1))), (store.Get(s_key)!.Value.Revision, Text(store.Get(s_key)!.Value.Value)));
            Assert.Equal(0, Count("Secret-"));
        }

        Assert.Equal(0, Count("Secret-"));
        await using var again = Open(_secretKey);
        Assert.Equal(Text(Value(1)), Text(again.Get(s_key)!.Value.Value));
    }

    [Fact]
    public async Task What_a_crash_left_of_sealing_is_gone_after_the_next_start()
    {
        using (var database = new KvDatabase(Database, checkpointPages: 1000))
        {
            byte[] open = [0, .. Value(1)];
            database.Commit([new RowWrite(s_key, 5, open)], 10);
            database.Commit([], 11, leavesOldPages: true);
        }

        // Whether SQLite overwrites what is deleted depends on who built it.
        using (var raw = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            raw.Open();
            using var command = raw.CreateCommand();
            command.CommandText = "PRAGMA secure_delete=OFF; DELETE FROM kv";
            command.ExecuteNonQuery();
        }

        Assert.NotEqual(0, Count("Secret-"));
        await using (Open(_secretKey))
        {
            Assert.Equal(0, Count("Secret-"));
        }

        using var after = new KvDatabase(Database, checkpointPages: 1000);
        Assert.False(after.HasOldPages());
    }

    [Fact]
    public async Task With_another_key_the_store_says_so_and_stays_as_it_is()
    {
        await using (var store = Open(_secretKey))
        {
            await Put(store, s_key, Value(1));
        }

        var other = (byte[])_secretKey.Clone();
        other[3] = 1;
        var refused = Assert.Throws<InvalidDataException>(() => Open(other));
        Assert.Contains("sealed with another key than the one given", refused.Message);
        await using var again = Open(_secretKey);
        Assert.Equal(Text(Value(1)), Text(again.Get(s_key)!.Value.Value));
    }

    [Fact]
    public async Task One_secret_that_does_not_open_is_damage_and_is_named()
    {
        await using (var store = Open(_secretKey))
        {
            await Put(store, s_key, Value(1));
            await Put(store, s_key + "2", Value(2));
        }

        using (var database = new KvDatabase(Database, checkpointPages: 1000))
        {
            // A sealed value is bound to its key: it does not open in another's place.
            var row = database.ReadAll().Single(row => row.Key == s_key);
            database.Commit([row with { Key = s_key + "2" }], database.ReadCounter());
        }

        var refused = Assert.Throws<InvalidDataException>(() => Open(_secretKey));
        Assert.Contains($"is damaged: value of \"{s_key}2\"", refused.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_key_is_its_bytes_or_their_base64(bool base64)
    {
        var bytes = Enumerable.Range(0, SecretKeyFile.KeyBytes).Select(i => (byte)i).ToArray();
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_directory.FullName, "k")).FullName, "key");
        File.WriteAllBytes(path, base64 ? Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes) + "\n") : bytes);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.Equal(bytes, SecretKeyFile.LoadOrCreate(path, Database));
    }

    [Fact]
    public void A_key_that_is_cut_off_or_lies_beside_the_database_is_refused()
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_directory.FullName, "k")).FullName, "key");
        File.WriteAllText(path, "short");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.Throws<InvalidDataException>(() => SecretKeyFile.LoadOrCreate(path, Database));
        Assert.Throws<InvalidDataException>(
            () => SecretKeyFile.LoadOrCreate(Path.Combine(_directory.FullName, "key"), Database));
    }

    private ObjectStore Open(byte[] key) => ObjectStore.Open(
        new StoreSettings(Database, key), new FakeClock(), NullLogger<ObjectStore>.Instance);

    private static Task<TxnResult> Put(ObjectStore store, string key, byte[] value)
    {
        var kind = key == s_plain ? "ConfigMap" : "Secret";
        return store.Txn([], [StoreOp.Put(key, Encoding.UTF8.GetBytes(
            Text(value).Replace("Secret-", kind + "-", StringComparison.Ordinal)))], default);
    }

    private static byte[] Value(int number, int padding = 0) => Encoding.UTF8.GetBytes(
        $$"""{"metadata":{"name":"s"},"data":{"a":"Secret-{{number}}-{{Marker}}{{new string('x', padding)}}" } }""");

    private static string Text(ReadOnlyMemory<byte> value) => Encoding.UTF8.GetString(value.Span);

    /// <summary>How often the text stands in any of the files.</summary>
    private int Count(string text)
    {
        var count = 0;
        foreach (var path in Directory.GetFiles(_directory.FullName))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            var whole = Encoding.Latin1.GetString(bytes);
            for (var at = whole.IndexOf(text, StringComparison.Ordinal); at >= 0;
                at = whole.IndexOf(text, at + 1, StringComparison.Ordinal))
            {
                count++;
            }
        }

        return count;
    }
}
