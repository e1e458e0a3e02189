using Microsoft.Data.Sqlite;

namespace Edge.Server.Store;

/// <summary>A row to write, or to delete where <paramref name="Bytes"/> is null.</summary>
internal readonly record struct RowWrite(string Key, long Revision, byte[]? Bytes);

/// <summary>
/// The only SQL of the server: kv(key, revision, bytes) and the revision counter in one SQLite file. Every commit is
/// on disk when it returns. Used by one thread at a time.
/// </summary>
internal sealed class KvDatabase : IDisposable
{
    /// <summary>What the write-ahead log shrinks back to after a checkpoint; a burst must not keep the flash.</summary>
    private const int JournalBytes = 20 * 1024 * 1024;

    /// <summary>How long a start waits for the server that it replaces to let go of the file.</summary>
    private const int LockSeconds = 5;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _counter;

    public KvDatabase(string path, int checkpointPages)
    {
        SystemSqlite.EnsureLoaded();
        CreateReadableByOwnerOnly(path);
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = path, Pooling = false, DefaultTimeout = LockSeconds,
        };
        _connection = new SqliteConnection(text.ToString());
        _connection.Open();

        // Exclusive: a second server on the same file must fail at start, not corrupt the order of revisions.
        Execute("PRAGMA locking_mode=EXCLUSIVE");
        Execute("PRAGMA journal_mode=WAL");
        Execute("PRAGMA synchronous=FULL");
        Execute($"PRAGMA wal_autocheckpoint={checkpointPages}");
        Execute($"PRAGMA journal_size_limit={JournalBytes}");
        // With rowid: without it the file triples and the speed halves for values of 1 KiB.
        Execute("CREATE TABLE IF NOT EXISTS kv(key TEXT PRIMARY KEY, revision INTEGER NOT NULL, bytes BLOB NOT NULL)");
        Execute("CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL)");

        // There from now on, so that a commit changes a row in its place and no index.
        Execute("INSERT OR IGNORE INTO meta(name, value) VALUES('revision', 0)");

        // Not SqliteTransaction: its end throws over the first error when SQLite has rolled back by itself.
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _put = Command(
            "INSERT INTO kv(key, revision, bytes) VALUES($key, $revision, $bytes) "
            + "ON CONFLICT(key) DO UPDATE SET revision = excluded.revision, bytes = excluded.bytes",
            "$key", "$revision", "$bytes");
        _delete = Command("DELETE FROM kv WHERE key = $key", "$key");
        _counter = Command("UPDATE meta SET value = $value WHERE name = 'revision'", "$value");
    }

    /// <summary>
    /// The counter as last committed, where no row of <see cref="ReadAll"/> is newer; 0 in a new file.
    /// </summary>
    public long ReadCounterBesideRows()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT value FROM meta WHERE name = 'revision'";
        return command.ExecuteScalar() as long? ?? 0;
    }

    /// <summary>The counter as last committed. Reads the whole file, also a damaged one as far as it can.</summary>
    public long ReadCounter()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT MAX(revision) FROM kv WHERE typeof(revision) = 'integer'";
        return Math.Max(command.ExecuteScalar() as long? ?? 0, ReadCounterBesideRows());
    }

    /// <summary>Every row, in no particular order.</summary>
    /// <exception cref="InvalidDataException">A row is damaged so that SQLite itself does not see it.</exception>
    public IEnumerable<RowWrite> ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT key, revision, bytes FROM kv";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (reader.IsDBNull(0) || reader.GetFieldType(1) != typeof(long) || reader.IsDBNull(2))
            {
                throw new InvalidDataException(
                    $"\"{_connection.DataSource}\" is damaged (a row lacks its key, revision or value): "
                    + "give it a backup by edge-server restore");
            }

            yield return new RowWrite(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
        }
    }

    /// <summary>True when a commit left pages that must not stay; also after a crash, until they are gone.</summary>
    public bool HasOldPages()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT 1 FROM meta WHERE name = 'old-pages'";
        return command.ExecuteScalar() is not null;
    }

    /// <summary>Writes all rows and the counter, or nothing. On disk when it returns.</summary>
    /// <param name="rows">What to write.</param>
    /// <param name="counter">The revision.</param>
    /// <param name="leavesOldPages">True when what the rows replace must not stay in the file.</param>
    /// <exception cref="SqliteException">Nothing is written; only a full disk leaves the file usable.</exception>
    public void Commit(IEnumerable<RowWrite> rows, long counter, bool leavesOldPages = false)
    {
        _begin.ExecuteNonQuery();
        try
        {
            var told = false;
            foreach (var row in rows)
            {
                Write(row);
                told |= row.Bytes is not null && row.Revision == counter;
            }

            // A row that carries it tells it: a page less in each commit, and a commit is eight.
            if (!told)
            {
                _counter.Parameters[0].Value = counter;
                _counter.ExecuteNonQuery();
            }

            if (leavesOldPages)
            {
                Execute("INSERT OR REPLACE INTO meta(name, value) VALUES('old-pages', 1)");
            }

            _commit.ExecuteNonQuery();
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>
    /// Writes everything into another file, of this moment and without free pages. Takes as long as copying the file.
    /// </summary>
    /// <param name="path">Made readable by its owner only; what is there is replaced.</param>
    public void BackupTo(string path)
    {
        File.Delete(path);
        CreateReadableByOwnerOnly(path);
        try
        {
            using var command = Command("VACUUM INTO $path", "$path");
            command.Parameters[0].Value = path;
            command.ExecuteNonQuery();
        }
        catch
        {
            // Half a copy would keep a full disk full.
            File.Delete(path);
            File.Delete(path + "-journal");
            throw;
        }
    }

    /// <summary>Reads the whole file, and says whether its structure holds.</summary>
    public bool IsWhole()
    {
        using var command = Command("PRAGMA integrity_check(1)");
        return command.ExecuteScalar() is "ok";
    }

    /// <summary>
    /// Makes the file anew without what it held before: a page that was freed keeps its bytes until it is used again,
    /// and so does the log. Takes as long as copying the file.
    /// </summary>
    public void ForgetOldPages()
    {
        Execute("VACUUM");
        Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        Execute("DELETE FROM meta WHERE name = 'old-pages'");
    }

    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _put.Dispose();
        _delete.Dispose();
        _counter.Dispose();
        _connection.Dispose();
    }

    /// <summary>SQLite would make the file by umask; its log takes the mode of the file.</summary>
    private static void CreateReadableByOwnerOnly(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        new FileStream(path, options).Dispose();
    }

    private void Write(RowWrite row)
    {
        var command = row.Bytes is null ? _delete : _put;
        command.Parameters[0].Value = row.Key;
        if (row.Bytes is not null)
        {
            command.Parameters[1].Value = row.Revision;
            command.Parameters[2].Value = row.Bytes;
        }

        command.ExecuteNonQuery();
    }

    private void RollBack()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // On a full disk SQLite has rolled back by itself; the first error is the one to tell.
        }
    }

    private SqliteCommand Command(string text, params string[] parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // every text is a constant of this file
        command.CommandText = text;
#pragma warning restore CA2100
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private void Execute(string text)
    {
        using var command = Command(text);
        command.ExecuteNonQuery();
    }
}
