using System.Text.RegularExpressions;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>What a person sees of a device that is away, and after it returned.</summary>
[Collection(FleetTests.Name)]
public sealed partial class PresenceTests(Fleet fleet)
{
    private const string Ready = ".status.conditions[?(@.type=='Ready')].status";

    /// <summary>The server waits a minute for nodes of a lost broker, and 40 s of grace.</summary>
    private static readonly TimeSpan s_lost = TimeSpan.FromSeconds(150);

    /// <summary>The kernel finds out late that the connection of before is none.</summary>
    private static readonly TimeSpan s_back = TimeSpan.FromSeconds(240);

    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task A_node_that_is_cut_off_says_since_when_and_returns_as_it_was_with_all_its_lines()
    {
        Fleet.RequireTime();
        var node = fleet.Nodes[2];
        await _kubectl.Apply(Manifests.Script(
            "ticker", "i=0; while true; do i=$((i+1)); echo tick $i; sleep 1; done", node: node.Name));
        await _kubectl.UntilPodReady("ticker");
        var before = await Status();
        var tasks = await node.Tasks();

        await node.Disconnect();
        var silent = (await _kubectl.Try("logs", "ticker")).Failed();
        Assert.Matches("did not answer within 20 s: last contact at 20", silent);

        // Its will comes after minutes, and a new broker knows of none.
        await Machine.Kill([fleet.BrokerPid()]);
        await _kubectl.Until($"node/{node.Name}", Ready, "Unknown", s_lost);
        await _kubectl.Until("pod/ticker", Ready, "False", TimeSpan.FromSeconds(10));
        await IsShownAsAway(node);

        await node.Connect();
        await _kubectl.Until($"node/{node.Name}", Ready, "True", s_back);
        Assert.Equal(before, await Status());
        Assert.Equal(tasks, await node.Tasks());

        // Once more after the agent was killed: it goes on where it was.
        await TellsAll(atLeast: 100);
        await node.Agent.Kill();
        node.Agent.Start();
        await Tool.Until(TimeSpan.FromSeconds(60), "the agent answers again", async () =>
            (await _kubectl.Try("logs", "ticker", "--tail=1")).ExitCode == 0);
        await TellsAll(atLeast: 110);

        var spent = await _kubectl.Do("get", "--raw", $"/api/v1/nodes/{node.Name}/proxy/metrics");
        Assert.Matches("""edge_node_bytes_total\{way="sent",feature="session"\} [1-9]""", spent);
        Assert.Matches("""edge_node_bytes_total\{way="written",feature="logs"\} [1-9]""", spent);
        Assert.Matches("""edge_node_bytes_total\{way="written",feature="ledger"\} \d""", spent);
        await _kubectl.Delete("pod", "ticker");
    }

    private async Task IsShownAsAway(FleetNode node)
    {
        Assert.Matches($@"(?m)^{node.Name} +NotReady ", await _kubectl.Do("get", "nodes"));
        Assert.Matches(
            $@"(?m)^{node.Name} +NotReady .+ \d+[ms0-9]*\s*$", await _kubectl.Do("get", "nodes", "-o", "wide"));
        var described = await _kubectl.Do("describe", "node", node.Name);
        Assert.Matches(@"Kubelet stopped posting node status\. Last contact at 20\d\d-[0-9T:-]+Z\.", described);
        Assert.DoesNotContain(" 0001 ", described);

        Assert.Matches(@"(?m)^ticker +1/1 +Running ", await _kubectl.Do("get", "pods"));
        Assert.Matches(
            $@"Message: +Node {node.Name} is out of reach, last contact at 20",
            await _kubectl.Do("describe", "pod", "ticker"));
        Assert.Contains("Node is not ready", await _kubectl.Do(
            "get", "events", "--field-selector", "reason=NodeNotReady,involvedObject.name=ticker"));

        var words = $"node {node.Name} is not connected: last contact at 20";
        Assert.Contains(words, (await _kubectl.Try("logs", "ticker")).Failed());
        Assert.Contains(words, (await _kubectl.Try("logs", "ticker", "-f", "--since=1m")).Failed());
        Assert.Contains(words, (await _kubectl.Try("exec", "ticker", "--", "true")).Failed());
        Assert.Contains(words, (await _kubectl.Try("attach", "ticker")).Failed());
    }

    /// <summary>From the first line to the newest, none is missing; nor from any place within the outage.</summary>
    private async Task TellsAll(int atLeast)
    {
        var all = Ticks(await _kubectl.Try("logs", "ticker"));
        Assert.Equal(Enumerable.Range(1, all.Count), all);
        Assert.True(all.Count >= atLeast, $"{all.Count} lines");
        var tail = Ticks(await _kubectl.Try("logs", "ticker", $"--tail={atLeast / 2}"));
        Assert.Equal(Enumerable.Range(tail[0], atLeast / 2), tail);
        var since = Ticks(await _kubectl.Try("logs", "ticker", "--since=45s"));
        Assert.InRange(since.Count, 35, 50);
        Assert.Equal(Enumerable.Range(since[0], since.Count), since);
    }

    private Task<string> Status() => _kubectl.Do("get", "pod", "ticker", "-o", "jsonpath={.status}");

    private static List<int> Ticks(ToolResult result) =>
        [.. Tick().Matches(result.Output).Select(tick => int.Parse(tick.Groups[1].Value))];

    [GeneratedRegex(@"(?m)^tick (\d+)$")]
    private static partial Regex Tick();
}
