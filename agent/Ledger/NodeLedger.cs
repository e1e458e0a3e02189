using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Ledger;

/// <summary>
/// The agent's durable memory: the desired entries as the server sent them, beside them what a person on site asked
/// for, and one record per pod. A method that returned is on disk; what is in memory changes only after the commit. A
/// value equal to the stored one writes nothing.
/// </summary>
internal sealed class NodeLedger : IDisposable
{
    private const string SecretPrefix = "secrets/";

    /// <summary>SQLITE_FULL.</summary>
    private const int DiskFull = 13;

    /// <summary>Room comes when somebody makes it: pods end, logs are cut, images go.</summary>
    private static readonly TimeSpan RoomAgain = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly SqliteConnection _database;
    private readonly SecretBox _box;
    private readonly ILogger _logger;
    private readonly Dictionary<string, string> _meta = [];
    private ImmutableDictionary<string, byte[]> _desired = ImmutableDictionary<string, byte[]>.Empty;
    private ImmutableDictionary<string, byte[]> _local = ImmutableDictionary<string, byte[]>.Empty;
    private ImmutableDictionary<string, byte[]> _static = ImmutableDictionary<string, byte[]>.Empty;
    private WantedPlan _wanted = WantedPlan.Empty;
    private ImmutableDictionary<string, PodRecord> _pods = ImmutableDictionary<string, PodRecord>.Empty;

    private NodeLedger(SqliteConnection database, SecretBox box, ILogger logger)
    {
        _database = database;
        _box = box;
        _logger = logger;
    }

    /// <summary>Every desired entry, secrets unsealed. A snapshot; a change swaps it.</summary>
    public ImmutableDictionary<string, byte[]> Desired => Volatile.Read(ref _desired);

    /// <summary>
    /// What a person on site asked for, under keys like those of desired and under keys of its own. Never in desired's
    /// digest. A snapshot; a change swaps it.
    /// </summary>
    public ImmutableDictionary<string, byte[]> Local => Volatile.Read(ref _local);

    /// <summary>The pods of the manifest directory; they live on disk there and not here.</summary>
    public ImmutableDictionary<string, byte[]> Static => Volatile.Read(ref _static);

    /// <summary>All that this node should run, of the three sources. A snapshot; a change swaps it.</summary>
    public WantedPlan Wanted => Volatile.Read(ref _wanted);

    /// <summary>Raised after something began or ceased to give way; handlers return at once.</summary>
    public event Action? GivenWayChanged;

    public ImmutableDictionary<string, PodRecord> Pods => Volatile.Read(ref _pods);

    public static NodeLedger Open(string dataDir, ILogger logger)
    {
        Directory.CreateDirectory(dataDir, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Read(
            LedgerDatabase.Open(Path.Combine(dataDir, "ledger.db")),
            SecretBox.Open(Path.Combine(dataDir, "ledger.key")),
            logger);
    }

    /// <summary>A ledger over what was committed to a database.</summary>
    internal static NodeLedger Read(SqliteConnection database, SecretBox box, ILogger logger)
    {
        var ledger = new NodeLedger(database, box, logger);
        ledger.Load();
        return ledger;
    }

    /// <summary>One desired change, whole, in one transaction.</summary>
    public void Apply(IReadOnlyCollection<KeyValuePair<string, byte[]>> upserts, IReadOnlyCollection<string> removals)
    {
        lock (_gate)
        {
            Volatile.Write(ref _desired, Commit("desired", _desired, upserts, removals));
        }

        WantAnew();
    }

    /// <summary>One change by a person on site, whole, in one transaction.</summary>
    public void ApplyLocal(
        IReadOnlyCollection<KeyValuePair<string, byte[]>> upserts, IReadOnlyCollection<string> removals)
    {
        lock (_gate)
        {
            Volatile.Write(ref _local, Commit("local", _local, upserts, removals));
        }

        WantAnew();
    }

    /// <summary>The manifest directory as it is now; nothing is written.</summary>
    public void SetStatic(ImmutableDictionary<string, byte[]> pods)
    {
        lock (_gate)
        {
            Volatile.Write(ref _static, pods);
        }

        WantAnew();
    }

    /// <summary>
    /// <see cref="Apply"/>, again and again while the disk is full: the change stays unacknowledged, and everything
    /// that runs goes on.
    /// </summary>
    public async Task ApplyWhenThereIsRoom(
        IReadOnlyCollection<KeyValuePair<string, byte[]>> upserts,
        IReadOnlyCollection<string> removals,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                Apply(upserts, removals);
                return;
            }
            catch (SqliteException full) when (full.SqliteErrorCode == DiskFull)
            {
                LedgerLog.DiskFull(_logger);
                await Task.Delay(RoomAgain, clock, cancellation);
            }
        }
    }

    public void Save(PodRecord record)
    {
        lock (_gate)
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(record, LedgerJson.Default.PodRecord);
            Run("INSERT INTO pods VALUES($1,$2) ON CONFLICT DO UPDATE SET record=$2", record.Uid, bytes);
            Volatile.Write(ref _pods, _pods.SetItem(record.Uid, record));
        }
    }

    public void Forget(string uid)
    {
        lock (_gate)
        {
            if (_pods.ContainsKey(uid))
            {
                Run("DELETE FROM pods WHERE uid=$1", uid);
                Volatile.Write(ref _pods, _pods.Remove(uid));
            }
        }
    }

    /// <summary>
    /// What SQLite wrote in this process: the pages that commits put into its log. Each goes to the file once more when
    /// the log is full, together with its later versions.
    /// </summary>
    public long BytesWritten
    {
        get
        {
            lock (_gate)
            {
                return LedgerDatabase.BytesWritten(_database);
            }
        }
    }

    public string? Meta(string key)
    {
        lock (_gate)
        {
            return _meta.GetValueOrDefault(key);
        }
    }

    public void SetMeta(string key, string value)
    {
        lock (_gate)
        {
            if (_meta.GetValueOrDefault(key) != value)
            {
                Run("INSERT INTO meta VALUES($1,$2) ON CONFLICT DO UPDATE SET value=$2", key, value);
                _meta[key] = value;
            }
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _box.Dispose();
    }

    private void WantAnew()
    {
        bool changed;
        lock (_gate)
        {
            var next = WantedPlan.For(_desired, _local, _static);
            changed = !next.GivenWay.SequenceEqual(_wanted.GivenWay);
            Volatile.Write(ref _wanted, next);
        }

        if (changed)
        {
            GivenWayChanged?.Invoke();
        }
    }

    private ImmutableDictionary<string, byte[]> Commit(
        string table,
        ImmutableDictionary<string, byte[]> present,
        IReadOnlyCollection<KeyValuePair<string, byte[]>> upserts,
        IReadOnlyCollection<string> removals)
    {
        var next = present.ToBuilder();
        Run("BEGIN IMMEDIATE");
        try
        {
            Write(table, next, upserts, removals);
            Run("COMMIT");
        }
        catch
        {
            RollBack();
            throw;
        }

        return next.ToImmutable();
    }

    private void Write(
        string table,
        ImmutableDictionary<string, byte[]>.Builder next,
        IReadOnlyCollection<KeyValuePair<string, byte[]>> upserts,
        IReadOnlyCollection<string> removals)
    {
        foreach (var (key, value) in upserts)
        {
            if (next.TryGetValue(key, out var known) && known.AsSpan().SequenceEqual(value))
            {
                continue;
            }

            var stored = IsSecret(key) ? _box.Seal(key, value) : value;
            Run($"INSERT INTO {table} VALUES($1,$2) ON CONFLICT DO UPDATE SET value=$2", key, stored);
            next[key] = value;
        }

        foreach (var key in removals.Where(key => next.Remove(key)))
        {
            Run($"DELETE FROM {table} WHERE key=$1", key);
        }
    }

    private void RollBack()
    {
        try
        {
            Run("ROLLBACK");
        }
        catch (SqliteException)
        {
            // On a full disk SQLite has rolled back by itself; the first error is the one to tell.
        }
    }

    private static bool IsSecret(string key) => key.StartsWith(SecretPrefix, StringComparison.Ordinal);

    private void Load()
    {
        _desired = Entries("SELECT key, value FROM desired");
        _local = Entries("SELECT key, value FROM local");
        _wanted = WantedPlan.For(_desired, _local, _static);
        foreach (var (uid, record) in Rows("SELECT uid, record FROM pods"))
        {
            _pods = _pods.SetItem(uid, JsonSerializer.Deserialize(record, LedgerJson.Default.PodRecord)
                ?? throw new InvalidDataException($"the ledger holds an empty record of pod {uid}"));
        }

        foreach (var (key, value) in Rows("SELECT key, CAST(value AS BLOB) FROM meta"))
        {
            _meta[key] = System.Text.Encoding.UTF8.GetString(value);
        }

        LedgerLog.Opened(_logger, _desired.Count, _pods.Count);
    }

    private ImmutableDictionary<string, byte[]> Entries(string sql)
    {
        var entries = ImmutableDictionary.CreateBuilder<string, byte[]>();
        foreach (var (key, value) in Rows(sql))
        {
            if (!IsSecret(key))
            {
                entries[key] = value;
            }
            else if (_box.Unseal(key, value) is { } secret)
            {
                entries[key] = secret;
            }
            else
            {
                // The digests then differ at the next hello, and the server sends the secret again; one of a person on
                // site is to be applied again.
                LedgerLog.SecretUnreadable(_logger, key);
            }
        }

        return entries.ToImmutable();
    }

    private List<KeyValuePair<string, byte[]>> Rows(string sql)
    {
        using var command = _database.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<KeyValuePair<string, byte[]>>();
        while (reader.Read())
        {
            rows.Add(new(reader.GetString(0), reader.GetFieldValue<byte[]>(1)));
        }

        return rows;
    }

    private void Run(string sql, params ReadOnlySpan<object> values)
    {
        using var command = _database.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        }

        command.ExecuteNonQuery();
    }
}
