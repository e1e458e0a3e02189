using System.Text.RegularExpressions;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>The sessions of the link, as the server's log tells them.</summary>
public static partial class Sessions
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>What the server says of each session of a node, oldest first.</summary>
    public static List<string> Of(Fleet fleet, FleetNode node) => File.ReadLines(fleet.Server.Log)
        .Where(line => line.Contains($"Node {node.Name} opened session", StringComparison.Ordinal)).ToList();

    /// <summary>Does what makes the nodes open new sessions, and waits until they have.</summary>
    public static async Task UntilNew(Fleet fleet, IReadOnlyCollection<FleetNode> nodes, Func<Task> cause)
    {
        var counts = nodes.ToDictionary(node => node, node => Of(fleet, node).Count);
        await cause();
        await Tool.Until(s_deadline, "every node opened a new session", () =>
            Task.FromResult(counts.All(count => Of(fleet, count.Key).Count > count.Value)));
    }

    /// <summary>
    /// Both sides have the same, by the digests of a session that finds both maps equal and so sends nothing. Sessions
    /// are new because the broker is killed; one that begins while a node reports something differs by that, so there
    /// are three of them at most.
    /// </summary>
    public static async Task UntilAgreed(Fleet fleet, params IReadOnlyCollection<FleetNode> nodes)
    {
        IReadOnlyList<string> differ = [];
        for (var round = 0; round < 3; round++)
        {
            await UntilNew(fleet, nodes, () => Machine.Kill([fleet.BrokerPid()]));
            differ = [.. nodes.Select(node => Of(fleet, node)[^1]).Where(said => !Agreed().IsMatch(said))];
            if (differ.Count == 0)
            {
                return;
            }
        }

        Assert.Fail($"the two sides differ:\n{string.Join('\n', differ)}");
    }

    [GeneratedRegex("desired agrees at [0-9a-f]{32}, reported agrees at [0-9a-f]{32}")]
    private static partial Regex Agreed();
}
