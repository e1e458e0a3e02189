using System.Text.Json;
using Edge.Server.Pki;
using Edge.Server.Store;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>Opens a server's disk by the server's own code, in its order, and says what is wrong with it.</summary>
internal static class StoreOnDisk
{
    private static readonly string[] s_names = ["127.0.0.1"];

    /// <param name="data">The data directory that a cut left; it is changed as a start changes it.</param>
    /// <param name="session">What must be in it.</param>
    /// <param name="cut">When the cut was, as a length of the recording.</param>
    /// <param name="pki">The files of certificates at the end of the recording, by name.</param>
    public static async Task<IReadOnlyList<string>> Faults(
        string data, ServerSession session, long cut, IReadOnlyDictionary<string, byte[]> pki)
    {
        try
        {
            return [.. Certificates(data, session, cut, pki), .. await Database(data, session, cut)];
        }
        catch (Exception fault) when (fault is SqliteException or InvalidDataException or IOException
            or System.Security.Cryptography.CryptographicException or JsonException or ArgumentException)
        {
            return [$"does not open: {fault.Message}"];
        }
    }

    /// <summary>
    /// Since somebody knows them they must be the same; before, a start must get by with what there is.
    /// </summary>
    private static List<string> Certificates(
        string data, ServerSession session, long cut, IReadOnlyDictionary<string, byte[]> pki)
    {
        if (cut < session.Known)
        {
            PkiFiles.LoadOrCreate(Path.Combine(data, "pki"), s_names);
            return [];
        }

        return
        [
            .. pki.Where(file => !File.Exists(Path.Combine(data, file.Key))
                || !File.ReadAllBytes(Path.Combine(data, file.Key)).AsSpan().SequenceEqual(file.Value))
                .Select(file => $"{file.Key} is not what clients know"),
        ];
    }

    private static async Task<IReadOnlyList<string>> Database(string data, ServerSession session, long cut)
    {
        var path = Path.Combine(data, "edge.db");
        var key = SecretKeyFile.LoadOrCreate(Path.Combine(data, "pki", "secrets.key"), path);
        var found = new Dictionary<string, (string Text, long Revision)>();
        long revision;
        var store = ObjectStore.Open(
            new StoreSettings(path, key), TimeProvider.System, NullLogger<ObjectStore>.Instance);
        await using (store)
        {
            revision = store.Revision;
            foreach (var resource in (string[])["configmaps", "secrets"])
            {
                foreach (var stored in store.List(StoreKeys.Prefix("", resource, "default")).Items)
                {
                    using var read = JsonDocument.Parse(stored.Value);
                    if (Writers.Read(resource, read.RootElement) is var (name, text))
                    {
                        found[name] = (text, stored.Revision);
                    }
                }
            }
        }

        var faults = session.Faults(cut, found, revision);
        using var database = new KvDatabase(path, checkpointPages: 0);
        return database.IsWhole() ? faults : [.. faults, "its structure is broken"];
    }
}
