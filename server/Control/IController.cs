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
internal sealed record WatchSource(string Prefix, Func<StoredObject, IEnumerable<string>> KeysOf)
{
    /// <summary>The key is the object's own name (and namespace), as the last parts of its store key.</summary>
    public static WatchSource Own(string prefix) => new(prefix, stored => [stored.Key[prefix.Length..]]);
}
