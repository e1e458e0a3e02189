using Edge.Proto.Model;
using Edge.Server.Schedule.Devices;

namespace Edge.Tests.Server.Schedule;

public sealed class DeviceTopologyTests
{
    private const int Rounds = 2_000;

    [Fact]
    public void Nodes_that_are_alike_share_what_was_chosen_and_choose_as_if_they_were_alone()
    {
        var random = new Random(7);
        var known = new DeviceTopologies();
        NodeDevices[] nodes = [.. Enumerable.Range(0, 6).Select(node => Of(node, node % 3))];
        foreach (var node in nodes)
        {
            node.Share(known);
        }

        Assert.Same(nodes[0].Topology, nodes[3].Topology);
        Assert.NotSame(nodes[0].Topology, nodes[1].Topology);
        for (var round = 0; round < Rounds; round++)
        {
            var at = random.Next(nodes.Length);
            var count = random.Next(1, 9);
            int[] use = [.. Enumerable.Range(0, 8).Select(_ => random.Next(2))];
            Assert.Equal(
                DeviceChoice.Pick(new(Of(at, at % 3), use, null, 0), GpuDevice.Gpu, count)?.Positions,
                DeviceChoice.Pick(new(nodes[at], use, null, 0), GpuDevice.Gpu, count)?.Positions);
        }
    }

    [Fact]
    public void More_devices_than_a_set_has_a_name_for_are_chosen_each_time()
    {
        var many = Node(0, [.. Enumerable.Range(0, 20).Select(gpu => new GpuDevice
        {
            Uuid = $"GPU-{gpu}", Index = gpu, MigEnabled = true,
            Instances =
            [
                .. Enumerable.Range(0, 7).Select(
                    part => new MigInstance { Uuid = $"MIG-{gpu}-{part}", Profile = "1g" }),
            ],
        })]);
        var use = new int[140];
        Assert.Equal([0, 1], DeviceChoice.Pick(new(many, use, null, 0), "nvidia.com/mig-1g", 2)!.Positions);
        use[1] = 1;
        Assert.Equal([0, 2], DeviceChoice.Pick(new(many, use, null, 0), "nvidia.com/mig-1g", 2)!.Positions);
    }

    /// <summary>Eight GPUs, of one of three builds.</summary>
    private static NodeDevices Of(int node, int build) => Node(node,
    [
        .. Enumerable.Range(0, 8).Select(gpu => new GpuDevice
        {
            Uuid = $"GPU-{node}-{gpu}", Index = gpu, Numa = gpu / 4,
            NvLinks = [.. Enumerable.Range(0, 8).Select(
                other => other == gpu ? 0 : build == 0 ? 18 : (gpu ^ other) == build ? 4 : 0)],
            Distances = [.. Enumerable.Range(0, 8).Select(other => other / 4 == gpu / 4 ? 40 : 50)],
        }),
    ]);

    private static NodeDevices Node(int node, IReadOnlyList<GpuDevice> gpus) => NodeDevices.From(new Node
    {
        Metadata = new ObjectMeta
        {
            Name = $"node-{node}",
            Annotations = new Dictionary<string, string>
            {
                [GpuInventory.Annotation] =
                    System.Text.Encoding.UTF8.GetString(GpuJson.Bytes(new GpuInventory { Devices = gpus })),
            },
        },
    })!;
}
