using Microsoft.Data.Sqlite;

namespace Edge.Server.Store;

/// <summary>
/// Puts a backup in the place of a database whose server is stopped. Whatever a client or a node has seen of either,
/// it is never seen again under the same revision: the counter goes on behind both.
/// </summary>
internal static class StoreRestore
{
    /// <summary>
    /// What the counter jumps by: more than a server can use up in its life, so that nothing is counted twice even
    /// where the database that is replaced cannot be read.
    /// </summary>
    public const long Jump = 1L << 40;

    /// <summary>SQLITE_BUSY: somebody has the file open.</summary>
    private const int SqliteBusy = 5;

    /// <summary>
    /// A power cut leaves the old database or the new one. Returns the revision that it goes on from.
    /// </summary>
    /// <param name="backup">The file that a backup made; it is left as it is.</param>
    /// <param name="path">The database; may be absent or broken, but not in use.</param>
    /// <exception cref="InvalidDataException">The backup is none, or a server runs on the database.</exception>
    public static long Run(string backup, string path)
    {
        if (!File.Exists(backup))
        {
            throw new InvalidDataException($"there is no file \"{backup}\"");
        }

        var draft = path + ".restore";
        Remove(draft);
        File.Copy(backup, draft);
        try
        {
            File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var revision = Math.Max(CounterOf(path), Check(draft, backup)) + Jump;
            Continue(draft, revision);
            // The old log would be taken for the new file's.
            Remove(path + "-wal", path + "-shm");
            DurableFile.Move(draft, path);
            return revision;
        }
        finally
        {
            Remove(draft, draft + "-wal", draft + "-shm");
        }
    }

    /// <summary>0 where there is none that can be read. Closing it has emptied its log.</summary>
    private static long CounterOf(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        try
        {
            using var database = new KvDatabase(path, checkpointPages: 0);
            return database.ReadCounter();
        }
        catch (SqliteException busy) when (busy.SqliteErrorCode == SqliteBusy)
        {
            throw new InvalidDataException($"a server runs on \"{path}\": stop it first", busy);
        }
        catch (SqliteException)
        {
            // Broken: that is what backups are for.
            return 0;
        }
    }

    /// <summary>The highest revision of a backup that is whole.</summary>
    private static long Check(string draft, string backup)
    {
        try
        {
            using var database = new KvDatabase(draft, checkpointPages: 0);
            var counter = database.ReadCounter();
            return counter > 0 && database.IsWhole()
                ? counter
                : throw new InvalidDataException($"\"{backup}\" is no backup of an edge-server, or is damaged");
        }
        catch (SqliteException fault)
        {
            throw new InvalidDataException($"\"{backup}\" is no backup of an edge-server: {fault.Message}", fault);
        }
    }

    private static void Continue(string draft, long revision)
    {
        using var database = new KvDatabase(draft, checkpointPages: 0);
        database.Commit([], revision);
    }

    private static void Remove(params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            File.Delete(path);
        }
    }
}
