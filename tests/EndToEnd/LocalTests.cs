using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>A person in front of a machine whose link is down, and a machine that never has one.</summary>
[Collection(FleetTests.Name)]
public sealed class LocalTests(Fleet fleet)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task What_a_person_does_while_the_link_is_down_is_done_at_once_and_told_when_it_is_up()
    {
        Fleet.Require();
        var node = fleet.Nodes[2];
        var before = (await node.Tasks()).Count;
        await fleet.Kubectl.Apply(Manifests.Script("afar", "echo good morning; exec sleep 1000000")
            .Replace("\nspec:\n", $"\nspec:\n  nodeName: {node.Name}\n"));
        await fleet.Kubectl.UntilPodReady("afar");
        await CutOff(node);

        Assert.Matches(@"default +afar +1/1 +Running +0 +\d+s +server", await Ok(node, "ps"));
        Assert.Equal("good morning", await Ok(node, "logs", "afar"));
        Assert.Matches("session: +disconnected", await Ok(node, "status"));

        var bad = await node.OnSite(["apply", "-f", "-"], Manifests.Idle("onsite").Replace("image:", "imag:"));
        Assert.Contains("error: Pod \"onsite\" is invalid: spec.containers[0].imag: unknown field", bad.Failed());
        await Apply(node, "pod/onsite created");
        await Until(node, @"default +onsite +1/1 +Running +0 +\d+s +local");
        Assert.Equal(before + 2, (await node.Tasks()).Count);
        Assert.Matches("Normal +Started +default +pod/onsite +Started container main", await Ok(node, "events"));
        Assert.Equal("pod \"onsite\" deleted", await Ok(node, "delete", "pod/onsite"));
        await UntilTasks(node, before + 1);

        await Apply(node, "pod/onsite created");
        Assert.Equal("pod \"afar\" stopped until the server's next word", await Ok(node, "delete", "pod/afar"));
        await Until(node, @"default +afar +0/1 +Held ");
        await Until(node, @"default +onsite +1/1 +Running ");
        await UntilTasks(node, before + 1);
        var own = await node.Tasks();

        await node.Connect();
        await UntilCondition(node, "True", "local: default/onsite;", "applied pod default/onsite",
            "deleted pod default/onsite", "stopped the server's pod default/afar",
            "the server's word ended the stop of pod default/afar");
        await UntilTasks(node, before + 2);
        await fleet.Kubectl.UntilPodReady("afar");
        var online = await node.Tasks();
        Assert.All(own, task => Assert.Equal(task.Value, online.GetValueOrDefault(task.Key)));
        Assert.Equal("109", await fleet.Kubectl.Field($"node/{node.Name}", ".status.allocatable.pods"));
        Assert.Contains("stopped the server's pod default/afar", await fleet.Kubectl.Do(
            "get", "events", "--field-selector", $"involvedObject.kind=Node,involvedObject.name={node.Name}"));
        Assert.Contains("the server is there: delete it there", (await node.OnSite(["delete", "pod/afar"])).Failed());

        await TheServersWordWins(node);
        await fleet.Kubectl.Delete("pod", "afar");
        await UntilTasks(node, before);
    }

    [SkippableFact]
    public async Task A_machine_without_any_server_runs_its_static_pods_also_after_a_power_cut()
    {
        Fleet.Require();
        var node = FleetNode.Alone(fleet, 9);
        try
        {
            Directory.CreateDirectory(node.StaticPods);
            var lamp = Path.Combine(node.StaticPods, "lamp.yaml");
            await File.WriteAllTextAsync(lamp, Manifests.Idle("lamp"));
            await node.PowerOn(connected: true);
            await Until(node, @"default +lamp-node-9 +1/1 +Running +0 +\d+s +static");
            Assert.Matches("server: +none: this node is not enrolled", await Ok(node, "status"));
            Assert.Contains("comes from a file of this node: remove the file",
                (await node.OnSite(["delete", "pod/lamp-node-9"])).Failed());
            await Apply(node, "pod/onsite created");
            await UntilTasks(node, 2);

            await node.PowerCut();
            await node.PowerOn(connected: false);
            await UntilTasks(node, 2);

            File.Delete(lamp);
            await UntilTasks(node, 1);
            await Tool.Until(Soon, "nothing is left of the static pod", async () =>
                !(await Ok(node, "ps")).Contains("lamp", StringComparison.Ordinal));
        }
        finally
        {
            await node.Agent.Stop();
            await node.PowerCut();
        }
    }

    private async Task TheServersWordWins(FleetNode node)
    {
        await fleet.Kubectl.Apply(Manifests.Idle("onsite", node.Name));
        await fleet.Kubectl.UntilPodReady("onsite");
        await UntilCondition(node, "True", "held back: default/onsite (the server's pod of the same name is here)");
        await fleet.Kubectl.Delete("pod", "onsite");
        await Until(node, @"default +onsite +1/1 +Running .* local");

        Assert.Equal("pod \"onsite\" deleted", await Ok(node, "delete", "pod/onsite"));
        await UntilCondition(node, "False", "last on site: ");
    }

    /// <summary>The cable is out, and the agent begins anew: it need not find out that nobody answers.</summary>
    private static async Task CutOff(FleetNode node)
    {
        await node.Disconnect();
        await node.Agent.Kill();
        node.Agent.Start();
        await Tool.Until(Soon, "the agent answers on site", async () =>
            (await node.OnSite(["ps"])).ExitCode == 0);
    }

    private static async Task Apply(FleetNode node, string answer) =>
        Assert.Equal(answer, (await node.OnSite(["apply", "-f", "-"], Manifests.Idle("onsite"))).Ok());

    private static async Task<string> Ok(FleetNode node, params string[] command) => (await node.OnSite(command)).Ok();

    private static async Task Until(FleetNode node, string line)
    {
        var last = "";
        try
        {
            await Tool.Until(Soon, $"{node.Name} lists {line}", async () =>
                System.Text.RegularExpressions.Regex.IsMatch(last = await Ok(node, "ps"), line));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{last}\n{await Ok(node, "events")}", late);
        }
    }

    private static Task UntilTasks(FleetNode node, int count) => Tool.Until(
        Soon, $"{node.Name} runs {count} containers", async () => (await node.Tasks()).Count == count);

    private async Task UntilCondition(FleetNode node, string status, params string[] words)
    {
        var last = "";
        try
        {
            await Tool.Until(Soon, $"{node.Name} tells what was changed on site", async () =>
            {
                last = await fleet.Kubectl.Field(
                    $"node/{node.Name}", ".status.conditions[?(@.type=='LocalChanges')]");
                return last.Contains($"\"status\":\"{status}\"") && words.All(word => last.Contains(word));
            });
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{last}", late);
        }
    }
}
