using System.Security.Cryptography;
using System.Text;
using Edge.Proto.Sync;

namespace Edge.Tests.Simulation;

/// <summary>
/// What a map's writer says, kept apart from the code under test: its present content, and the content it had at
/// every version of every epoch.
/// </summary>
internal sealed class MapTruth(string name)
{
    private readonly Dictionary<(ulong Epoch, ulong Version), string> _history = [];

    public SortedDictionary<string, byte[]> Content { get; } = new(StringComparer.Ordinal);

    public string Name => name;

    /// <summary>One random change set of one to three keys.</summary>
    public (List<MapEntry> Upserts, List<string> Removals) Change(Random random)
    {
        var (upserts, removals) = (new List<MapEntry>(), new List<string>());
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var key = $"pods/{random.Next(12)}";
            if (random.Next(3) == 0)
            {
                Content.Remove(key);
                upserts.RemoveAll(entry => entry.Key == key);
                removals.Add(key);
                continue;
            }

            var value = Value(random);
            Content[key] = value;
            removals.Remove(key);
            upserts.Add(new MapEntry(key, value));
        }

        return (upserts, removals);
    }

    /// <summary>Remembers what the writer stands for now.</summary>
    public void Remember(Standing standing) => _history[(standing.Epoch, standing.Version)] = Hash(Content);

    public string? At(ulong epoch, ulong version) => _history.GetValueOrDefault((epoch, version));

    public static string Hash(SortedDictionary<string, byte[]> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (key, value) in content)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{key.Length}:{key}:{value.Length}:"));
            hash.AppendData(value);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>
    /// Mostly small; sometimes incompressible and longer than a packet, so that it travels in chunks.
    /// </summary>
    private static byte[] Value(Random random)
    {
        var length = random.Next(25) == 0 ? random.Next(50_000, 180_000) : random.Next(0, 40);
        var value = new byte[length];
        random.NextBytes(value);
        return value;
    }
}
