using Edge.Proto.Model;

namespace Edge.Server.Access;

/// <summary>
/// Who may not speak, as the keys of ConfigMap kube-system/edge-denied-nodes say it: <c>press-7</c> the node, whatever
/// key it has; <c>press-7_&lt;hash&gt;</c> whoever has that one key (SHA-256 of its public key, as in the Node's
/// annotation). Values are for people.
/// </summary>
/// <param name="Nodes">Names of nodes.</param>
/// <param name="Keys">Hashes of keys.</param>
/// <param name="Holders">The entries of keys: by hash, the node that it is named with.</param>
internal sealed record DeniedNodes(
    IReadOnlySet<string> Nodes, IReadOnlySet<string> Keys, IReadOnlyDictionary<string, string> Holders)
{
    public const string Namespace = "kube-system";
    public const string ConfigMapName = "edge-denied-nodes";

    /// <summary>No name of a node has it.</summary>
    private const char Separator = '_';

    private const int HashDigits = 64;

    public static DeniedNodes None { get; } =
        new(new HashSet<string>(), new HashSet<string>(), new Dictionary<string, string>());

    /// <summary>Null, as without the ConfigMap, denies nobody; nor does what is neither a name nor a key.</summary>
    public static DeniedNodes Of(ConfigMap? map)
    {
        var (nodes, keys, holders) = (new HashSet<string>(), new HashSet<string>(), new Dictionary<string, string>());
        foreach (var entry in map?.Data?.Keys ?? [])
        {
            var at = entry.IndexOf(Separator, StringComparison.Ordinal);
            if (at < 0)
            {
                nodes.Add(entry);
            }
            else if (entry[(at + 1)..] is { Length: HashDigits } hash && hash.All(char.IsAsciiHexDigit))
            {
                keys.Add(hash.ToLowerInvariant());
                holders[hash.ToLowerInvariant()] = entry[..at];
            }
        }

        return new DeniedNodes(nodes, keys, holders);
    }

    /// <summary>The entry that denies one key of a node.</summary>
    public static string EntryOf(string node, string keyHash) => $"{node}{Separator}{keyHash}";
}
