using Edge.Proto.Model;
using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.EndToEnd;

/// <summary>A node with two GPUs of the stub beside nodes without any.</summary>
[Collection(FleetTests.Name)]
public sealed class GpuTests(Fleet fleet)
{
    private const string Resource = "nvidia\\.com/gpu";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task GPUs_are_found_shown_and_taken_out_when_they_break()
    {
        Fleet.Require();
        using var machine = new StubGpus { Fixture = StubGpus.Machine(2) };
        string[] roots = ["--nvidia-driver-root", machine.Root, "--system-root", machine.Root];
        var node = await fleet.AddNode(7, new NodeExtras([], roots));
        try
        {
            await node.PowerOn(connected: true);
            await _kubectl.UntilNodeReady(node.Name);
            var name = $"node/{node.Name}";
            Assert.Equal(("2", "2"), (await Count(name, "capacity"), await Count(name, "allocatable")));
            Assert.Equal(
                "NVIDIA-H100-80GB-HBM3", await _kubectl.Field(name, ".metadata.labels.nvidia\\.com/gpu\\.product"));
            // Describe shows 140 characters of it, and each line of the list for people.
            Assert.Contains(StubGpus.Uuid(1), await _kubectl.Field(name, ".metadata.annotations.edge/gpus"));
            Assert.Equal("", await Count($"node/{fleet.Nodes[0].Name}", "capacity"));

            machine.Happen("xid 1 31");
            machine.Happen("xid 1 79");
            await Tool.Until(s_patience, "the GPU is not to be had", async () =>
                await Count(name, "allocatable") == "1");
            Assert.Equal("2", await Count(name, "capacity"));
            Assert.Equal(
                $"1 of 2 GPUs are healthy; {StubGpus.Uuid(1)}: XID 79",
                await _kubectl.Field(name, ".status.conditions[?(@.type=='GPUProblem')].message"));
            var described = await _kubectl.Do("describe", "node", node.Name);
            Assert.Contains($" 0 {StubGpus.Uuid(0)}: healthy, NVIDIA H100", described);
            Assert.Matches($@" 1 {StubGpus.Uuid(1)}: UNHEALTHY, NVIDIA H100 [^\n]* MiB, XID 79\n", described);

            await node.RestartAgent();
            await Tool.Until(s_patience, "the agent is there again", async () =>
                (await node.OnSite(["status"])).ExitCode == 0);
            Assert.Equal("1", await Count(name, "allocatable"));

            var seen = (await Tool.Run(Fleet.AgentBinary, ["probe", "-o", "json", .. roots])).Ok();
            Assert.Equal(2, GpuJson.Read(System.Text.Encoding.UTF8.GetBytes(seen)).Healthy);
        }
        finally
        {
            await fleet.RemoveNode(node);
        }
    }

    private Task<string> Count(string node, string of) => _kubectl.Field(node, $".status.{of}.{Resource}");
}
