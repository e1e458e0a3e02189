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

    /// <summary>A log that is full, with its header.</summary>
    private const long LogBytes = 32 + CheckpointPages * (PageBytes + FrameHeaderBytes);

    private static readonly Lock Gate = new();
    private static bool _providerReady;

    public static SqliteConnection Open(string path)
    {
        UseSystemLibrary();
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Run(connection, $"PRAGMA page_size={PageBytes}");
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

    /// <summary>
    /// Gives the log its full length at once. A commit then writes over blocks that the file has; one that lengthens
    /// the file has the disk write where its blocks are and which are free, beside the page itself. To SQLite zeros
    /// are the end of a log. Where there is no room the log grows as it comes.
    /// </summary>
    public static void ReserveLog(SqliteConnection connection)
    {
        try
        {
            using var log = new FileStream(
                connection.DataSource + "-wal", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            var (length, missing) = (log.Length, LogBytes - log.Length);
            if (missing > 0)
            {
                Lengthen(log, length, new byte[missing]);
            }
        }
        catch (IOException)
        {
            // The disk is full, or there is no log: commits say so themselves.
        }
    }

    private static void Lengthen(FileStream log, long length, byte[] zeros)
    {
        try
        {
            log.Position = length;
            log.Write(zeros);
            log.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            log.SetLength(length);
            throw;
        }
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
