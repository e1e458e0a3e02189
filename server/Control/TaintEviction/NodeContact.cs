namespace Edge.Server.Control.TaintEviction;

/// <summary>
/// What the link knows of nodes that are cut off; the composition root gives it, because Control knows no link.
/// </summary>
/// <param name="SilenceOf">How long nothing was heard of the node, at most since the server began.</param>
/// <param name="TryWithhold">
/// Keeps the node (first) from hearing anything until what the key of its desired state (second) stands for is given
/// away; false when it was heard within the time (third).
/// </param>
/// <param name="Settle">It was given away at this revision of the store.</param>
/// <param name="Release">It was not: the node may hear again.</param>
internal sealed record NodeContact(
    Func<string, TimeSpan> SilenceOf, Func<string, string, TimeSpan, bool> TryWithhold,
    Action<string, string, long> Settle, Action<string, string> Release);
