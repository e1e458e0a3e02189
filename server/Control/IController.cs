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
    /// <summary>
    /// The keys that an object concerned before its metadata changed: who had it must learn that it is another's. Null
    /// where an object's key never changes.
    /// </summary>
    public Func<StoredObject, IEnumerable<string>>? KeysOfFormer { get; init; }

    /// <summary>
    /// In place of the other two, for a controller that keeps an index of what it watches: is given every step in
    /// order, by one thread, and returns the keys it concerns. What has changed is in the index before they are.
    /// </summary>
    public Func<FollowStep, IReadOnlyList<string>>? KeysOfStep { get; private init; }

    /// <summary>A source whose steps feed an index, see <see cref="KeysOfStep"/>.</summary>
    public static WatchSource Indexed(string prefix, Func<FollowStep, IReadOnlyList<string>> keysOfStep) =>
        new(prefix, _ => []) { KeysOfStep = keysOfStep };

    /// <summary>The keys that the step concerns.</summary>
    public IEnumerable<string> KeysIn(FollowStep step) => step switch
    {
        _ when KeysOfStep is not null => KeysOfStep(step),
        FollowStep.Listed all => all.Listing.Items.SelectMany(KeysOf).Concat(KeysOfDeleted?.Invoke() ?? []),
        FollowStep.Changed { Change: var change } when KeysOfFormer is not null
            && change is { Type: ChangeType.Put, Previous: { } old } && !ObjectHead.IsSame(old, change.Object) =>
            KeysOf(change.Object).Concat(KeysOfFormer(old)),
        FollowStep.Changed one => KeysOf(one.Change.Object),
        _ => throw new InvalidOperationException($"unknown step {step}"),
    };

    /// <summary>The key is the object's own name (and namespace), as the last parts of its store key.</summary>
    public static WatchSource Own(string prefix) => new(prefix, stored => [stored.Key[prefix.Length..]]);
}
