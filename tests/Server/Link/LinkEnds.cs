using System.Text;
using Edge.Agent.Link;
using Edge.Proto.Sync;
using Edge.Server.Link;

namespace Edge.Tests.Server.Link;

/// <summary>Waiting for what one end of the link tells its owner, committing what comes by.</summary>
internal static class LinkEnds
{
    public static MapEntry Entry(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));

    /// <summary>The next event of this kind.</summary>
    public static async Task<T> Next<T>(this LinkServer server, string node)
        where T : LinkEvent
    {
        while (true)
        {
            if (await server.Take() is T wanted && wanted.Node == node)
            {
                return wanted;
            }
        }
    }

    /// <summary>The events up to the one by which the node reports this.</summary>
    public static async Task<List<LinkEvent>> UntilReported(this LinkServer server, string node, MapEntry entry)
    {
        var seen = new List<LinkEvent>();
        while (true)
        {
            seen.Add(await server.Take());
            if (seen[^1] is LinkEvent.Reported reported && reported.Node == node && Holds(reported.Upserts, entry))
            {
                return seen;
            }
        }
    }

    public static async Task UntilDesired(this LinkClient agent, MapEntry entry)
    {
        while (true)
        {
            var change = await agent.Desired.ReadAsync(LinkWorld.Limit);
            change.Committed();
            if (Holds(change.Upserts, entry))
            {
                return;
            }
        }
    }

    private static async Task<LinkEvent> Take(this LinkServer server)
    {
        var next = await server.Events.ReadAsync(LinkWorld.Limit);
        (next as LinkEvent.Reported)?.Committed();
        return next;
    }

    private static bool Holds(IReadOnlyList<MapEntry> upserts, MapEntry entry) =>
        upserts.Any(upsert => upsert.Key == entry.Key && upsert.Value.Span.SequenceEqual(entry.Value.Span));
}
