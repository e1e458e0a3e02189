using Edge.Server.Store;

namespace Edge.Server.Control;

/// <summary>
/// A controller: which changes concern it, and what it does about one key. <see cref="Sync"/> reads everything again,
/// so an event too many costs one look and an event's content is never trusted.
/// </summary>
internal interface IController
{
    string Name { get; }

    IReadOnlyList<WatchSource> Sources { get; }

    /// <summary>
    /// Brings the key's objects where they should be; returns when to look again without an event, or null.
    /// </summary>
    Task<TimeSpan?> Sync(string key, CancellationToken ct);
}

/// <summary>Objects that concern a controller, and the keys to look at when one of them changes.</summary>
/// <param name="Prefix">Which objects.</param>
/// <param name="KeysOf">The keys that an object concerns: a new one, a changed one, a deleted one.</param>
/// <param name="KeysOfDeleted">
/// The keys that deletions concern which nobody saw, asked after each listing; null where a deletion concerns no key
/// but the object's own.
/// </param>
internal sealed record WatchSource(
    string Prefix, Func<StoredObject, IEnumerable<string>> KeysOf, Func<IEnumerable<string>>? KeysOfDeleted = null)
{
    /// <summary>The key is the object's own name (and namespace), as the last parts of its store key.</summary>
    public static WatchSource Own(string prefix) => new(prefix, stored => [stored.Key[prefix.Length..]]);
}
