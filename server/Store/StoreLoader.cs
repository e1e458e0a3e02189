using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Store;

/// <summary>Reads the database whole, at start, and seals the Secrets that lie in it open.</summary>
internal static class StoreLoader
{
    /// <summary>Jumps the counter by <see cref="StoreWriter.StartJump"/>, once everything could be read.</summary>
    /// <exception cref="InvalidDataException">The key is not the one that the Secrets were sealed with.</exception>
    public static StoreSnapshot Load(
        KvDatabase database, ValueCodec codec, string path, ILogger<ObjectStore> log)
    {
        var objects = StoreSnapshot.Empty(0).Objects.ToBuilder();
        var revision = database.ReadCounterBesideRows();
        var open = new List<RowWrite>();
        var (opened, broken) = (0, default(SealException));
        foreach (var row in database.ReadAll())
        {
            revision = Math.Max(revision, row.Revision);
            try
            {
                var value = codec.Decode(row.Key, row.Bytes);
                objects.Add(new StoredObject(row.Key, row.Revision, value));
                if (ValueCodec.IsOpenSecret(row.Key, row.Bytes))
                {
                    open.Add(row with { Bytes = codec.Encode(row.Key, value) });
                }
                else if (ValueCodec.IsSealed(row.Bytes))
                {
                    opened++;
                }
            }
            catch (SealException fault)
            {
                broken ??= fault;
            }
        }

        if (broken is not null)
        {
            throw new InvalidDataException(opened == 0
                ? $"the Secrets in \"{path}\" are sealed with another key than the one given: start the server with "
                    + "the key that they were sealed with (--secret-key-file, or the credential edge-secrets-key)"
                : $"\"{path}\" is damaged: {broken.Message}", broken);
        }

        revision += StoreWriter.StartJump;
        database.Commit(open, revision, leavesOldPages: open.Count > 0);
        if (database.HasOldPages())
        {
            Forget(database, log);
        }

        if (open.Count > 0)
        {
            log.Sealed(open.Count);
        }

        return new StoreSnapshot(revision, objects.ToImmutable());
    }

    private static void Forget(KvDatabase database, ILogger<ObjectStore> log)
    {
        try
        {
            database.ForgetOldPages();
        }
        catch (SqliteException full) when (full.SqliteErrorCode == StoreWriter.SqliteFull)
        {
            // The mark stays, and the next start tries again; a server that does not start would help nobody.
            log.OldPagesStay();
        }
    }
}
