using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Fleet;

/// <summary>When a node was last heard, in words for whoever wants something of it.</summary>
/// <param name="objects">Where its Node is.</param>
/// <param name="heardAgo">
/// How long ago it was heard, null when not in this server's life (<c>LinkServer.HeardAgo</c>).
/// </param>
/// <param name="time">Dates it.</param>
internal sealed class LastContacts(Objects objects, Func<string, TimeSpan?> heardAgo, TimeProvider time)
{
    private readonly DateTimeOffset _began = time.GetUtcNow();

    public string Of(string node)
    {
        var now = time.GetUtcNow();
        if (heardAgo(node) is { } ago)
        {
            return $"last contact {new LastContact(now - ago, IsExact: true).Text}, {HumanDuration.Of(ago)} ago";
        }

        // What an earlier server knew of it is in its Node.
        return Ready(node) is { Status: "Unknown", Message: { Length: > 0 } said }
            ? said
            : $"last contact {new LastContact(_began, IsExact: false).Text}, "
                + $"more than {HumanDuration.Of(now - _began)} ago";
    }

    private Condition? Ready(string node) =>
        objects.Store.Get(Resources.Nodes.KeyOf(null, node)) is { } stored
            ? objects.TryRead(Resources.Nodes, stored)?.Status?.Conditions?
                .FirstOrDefault(condition => condition.Type == "Ready")
            : null;
}
