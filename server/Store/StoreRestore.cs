using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto;
using Edge.Proto.Model;
using Microsoft.Data.Sqlite;

namespace Edge.Server.Store;

/// <summary>
/// Puts a backup in the place of a database whose server is stopped. Whatever a client or a node has seen of either,
/// it is never seen again under the same revision: the counter goes on behind both, and behind what other restores of
/// the same backup gave out, wherever they were.
/// </summary>
internal static class StoreRestore
{
    /// <summary>
    /// What the counter jumps by where the clock does not help: more than a server can use up in its life.
    /// </summary>
    public const long Jump = 1L << 40;

    private const string MarkName = "edge-restored";
    private const string MarkNamespace = "kube-system";
    private const string MarkAbout =
        "A backup was restored. Pods with a finite toleration of unreachable nodes begin once their successors, which "
        + "the backup does not know, have ended everywhere. Delete this ConfigMap to let them begin at once.";

    /// <summary>
    /// A ConfigMap that stands until what may have been given away since the backup has ended (Fleet).
    /// </summary>
    public static readonly string MarkKey = StoreKeys.For("", "configmaps", MarkNamespace, MarkName);

    /// <summary>
    /// Bits of revisions for each second since 1970 (a million of them; a server gives out some ten thousand). The sum
    /// stays below 2^53 for two hundred years, which is as far as JavaScript counts.
    /// </summary>
    private const int BitsPerSecond = 20;

    /// <summary>SQLITE_BUSY: somebody has the file open.</summary>
    private const int SqliteBusy = 5;

    /// <summary>
    /// A power cut leaves the old database or the new one. Returns the revision that it goes on from.
    /// </summary>
    /// <param name="backup">The file that a backup made; it is left as it is.</param>
    /// <param name="path">The database; may be absent or broken, but not in use.</param>
    /// <param name="now">By the clock of this machine.</param>
    /// <exception cref="InvalidDataException">The backup is none, or a server runs on the database.</exception>
    public static long Run(string backup, string path, DateTimeOffset now)
    {
        if (!File.Exists(backup))
        {
            throw new InvalidDataException($"there is no file \"{backup}\"");
        }

        var draft = path + ".restore";
        Remove(draft);
        try
        {
            File.Copy(backup, draft);
            File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var counter = Check(draft, backup);
            var revision = 0L;
            WithCounterOf(path, old =>
            {
                // While no server can start on the old one.
                revision = Next(Math.Max(old, counter), now);
                Continue(draft, revision, now);
            });
            // The old log would be taken for the new file's; a database that could be closed has none.
            Remove(path + "-wal", path + "-shm");
            DurableFile.Move(draft, path);
            return revision;
        }
        finally
        {
            Remove(draft, draft + "-wal", draft + "-shm");
        }
    }

    /// <summary>
    /// The clock alone tells two restores of one backup apart where the database in between is lost. Where it does not
    /// lead, because it stands wrong or another restore was a moment ago, the jump does.
    /// </summary>
    private static long Next(long seen, DateTimeOffset now)
    {
        var clock = now.ToUnixTimeSeconds() << BitsPerSecond;
        return clock > seen + StoreWriter.StartJump ? clock : seen + Jump;
    }

    /// <summary>Calls with 0 where there is no database that can be read. Closing it empties its log.</summary>
    private static void WithCounterOf(string path, Action<long> act)
    {
        if (!File.Exists(path))
        {
            act(0);
            return;
        }

        KvDatabase database;
        long counter;
        try
        {
            database = new KvDatabase(path, checkpointPages: 0);
            counter = database.ReadCounter();
        }
        catch (SqliteException busy) when (busy.SqliteErrorCode == SqliteBusy)
        {
            throw new InvalidDataException($"a server runs on \"{path}\": stop it first", busy);
        }
        catch (SqliteException)
        {
            // Broken: that is what backups are for.
            act(0);
            return;
        }

        using (database)
        {
            act(counter);
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

    private static void Continue(string draft, long revision, DateTimeOffset now)
    {
        using var database = new KvDatabase(draft, checkpointPages: 0);
        database.Commit([new RowWrite(MarkKey, revision, ValueCodec.EncodeOpen(Mark(revision, now)))], revision);
    }

    /// <summary>Revisions are never given out twice, and so no uid is either.</summary>
    private static byte[] Mark(long revision, DateTimeOffset now) => ObjectBytes.Write(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject
        {
            ["name"] = MarkName,
            ["namespace"] = MarkNamespace,
            ["uid"] = string.Create(
                CultureInfo.InvariantCulture, $"{revision >> 48:x8}-0000-4000-8000-{revision & 0xffffffffffff:x12}"),
            ["creationTimestamp"] = TimeJson.Text(now),
        },
        ["data"] = new JsonObject { ["about"] = MarkAbout },
    });

    private static void Remove(params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            File.Delete(path);
        }
    }
}
