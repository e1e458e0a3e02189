using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Edge.Agent.Ledger;

/// <summary>
/// Opens the agent's SQLite file over the system's libsqlite3. Every commit is on disk when it returns
/// (WAL, <c>synchronous=FULL</c>).
/// </summary>
internal static class LedgerDatabase
{
    /// <summary>
    /// 128 KiB of page cache: a node's desired entries are in memory anyway, pages are only read at start.
    /// </summary>
    private const int CacheKibibytes = 128;

    /// <summary>
    /// The least that a small change takes along. A pod's record fits into it, and its description into two. With the
    /// usual 4 KiB a commit of one record wrote two pages of the disk. An older file keeps the pages that it has.
    /// </summary>
    private const int PageBytes = 2048;

    /// <summary>A small log keeps the file below 1 MiB on a flash card.</summary>
    private const int CheckpointPages = 512 * 1024 / PageBytes;

    /// <summary>SQLITE_DBSTATUS_CACHE_WRITE.</summary>
    private const int PagesWritten = 9;

    /// <summary>Of each page in the log.</summary>
    private const long FrameHeaderBytes = 24;

    private static readonly Lock Gate = new();
    private static bool _providerReady;

    public static SqliteConnection Open(string path)
    {
        UseSystemLibrary();
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Run(connection, $"PRAGMA page_size={PageBytes}");
        // Nobody else opens the file: the log's index stays in memory, and commits write no pages of a file for it.
        Run(connection, "PRAGMA locking_mode=EXCLUSIVE");
        Run(connection, "PRAGMA journal_mode=WAL");
        Run(connection, "PRAGMA synchronous=FULL");
        Run(connection, $"PRAGMA cache_size=-{CacheKibibytes}");
        Run(connection, $"PRAGMA wal_autocheckpoint={CheckpointPages}");
        Run(connection, "CREATE TABLE IF NOT EXISTS desired(key TEXT PRIMARY KEY, value BLOB NOT NULL)");
        Run(connection, "CREATE TABLE IF NOT EXISTS local(key TEXT PRIMARY KEY, value BLOB NOT NULL)");
        Run(connection, "CREATE TABLE IF NOT EXISTS pods(uid TEXT PRIMARY KEY, record BLOB NOT NULL)");
        Run(connection, "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)");
        return connection;
    }

    /// <summary>Of the connection's life: SQLite counts the pages that it writes.</summary>
    public static long BytesWritten(SqliteConnection connection)
    {
        _ = raw.sqlite3_db_status(connection.Handle, PagesWritten, out var pages, out _, resetFlg: 0);
        using var size = connection.CreateCommand();
        size.CommandText = "PRAGMA page_size";
        return pages * ((long)size.ExecuteScalar()! + FrameHeaderBytes);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// The provider asks for <c>e_sqlite3</c>, which nobody ships; the distribution patches its own library.
    /// </summary>
    private static void UseSystemLibrary()
    {
        lock (Gate)
        {
            if (_providerReady)
            {
                return;
            }

            try
            {
                NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
            }
            catch (InvalidOperationException)
            {
                // A process that also holds the server has set the same resolver already; a second one is refused.
            }

            raw.SetProvider(new SQLite3Provider_e_sqlite3());
            raw.FreezeProvider();
            _providerReady = true;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name == "e_sqlite3" ? NativeLibrary.Load("libsqlite3.so.0") : 0;
}
