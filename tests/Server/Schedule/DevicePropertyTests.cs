using System.Text;
using Edge.Proto.Model;
using Edge.Server.Schedule;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Schedule;

/// <summary>No device is ever given to more pods than may have it, whatever comes, goes and is shared anew.</summary>
public sealed class DevicePropertyTests
{
    private const int Steps = 100_000;
    private const int Nodes = 6;
    private const string Resource = GpuDevice.Gpu;

    private const int MemoryOfEach = 16_384;

    private readonly Dictionary<string, (string Node, IReadOnlyList<string> Devices, int Memory)> _held = [];
    private readonly GpuInventory[] _gpus = new GpuInventory[Nodes];
    private ClusterState _cluster = new();
    private ClusterFeed _feed;
    private Placement _placement;

    public DevicePropertyTests() => (_feed, _placement) = Begin();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Two_pods_never_hold_one_device(int seed)
    {
        var random = new Random(seed);
        for (var node = 0; node < Nodes; node++)
        {
            _gpus[node] = Inventory(random, node);
            Tell(node);
        }

        for (var step = 0; step < Steps / 2; step++)
        {
            switch (random.Next(20))
            {
                case < 9:
                    Place(step, random.Next(1, 5), random.Next(4) * 2048);
                    break;
                case < 17 when _held.Count > 0:
                    Finish(_held.Keys.ElementAt(random.Next(_held.Count)));
                    break;
                case 17:
                    var sick = random.Next(Nodes);
                    _gpus[sick] = Changed(random, _gpus[sick]);
                    Tell(sick);
                    break;
                case 19:
                    var shared = random.Next(Nodes);
                    _gpus[shared] = Shared(_gpus[shared], random.Next(1, 5));
                    Tell(shared);
                    break;
                case 18 when step % 50 == 0:
                    Restart();
                    break;
            }

            Check(seed, step);
        }
    }

    private static GpuInventory Inventory(Random random, int node)
    {
        var count = random.Next(1, 9);
        return new GpuInventory
        {
            Devices =
            [
                .. Enumerable.Range(0, count).Select(index => new GpuDevice
                {
                    Uuid = $"GPU-{node}-{index}",
                    Index = index,
                    Numa = index / 4,
                    MemoryBytes = (long)MemoryOfEach << 20,
                    Shares = node == 0 ? 3 : null,
                    NvLinks = [.. Enumerable.Range(0, count).Select(other => other / 4 == index / 4 ? 4 : 0)],
                }),
            ],
        };
    }

    private static GpuInventory Changed(Random random, GpuInventory gpus)
    {
        var at = random.Next(gpus.Devices.Count);
        return gpus with
        {
            Devices =
            [
                .. gpus.Devices.Select((device, index) => index == at
                    ? device with { Unhealthy = device.Unhealthy is null ? "Xid 79" : null }
                    : device),
            ],
        };
    }

    /// <summary>Another sharing document, while pods have what they have.</summary>
    private static GpuInventory Shared(GpuInventory gpus, int shares) => gpus with
    {
        Devices = [.. gpus.Devices.Select(device => device with { Shares = shares == 1 ? null : shares })],
    };

    private (ClusterFeed Feed, Placement Placement) Begin()
    {
        _cluster = new ClusterState();
        return (new ClusterFeed(_cluster, new PendingPods(), NullLogger.Instance), new Placement(_cluster));
    }

    /// <summary>A new scheduler finds nodes and pods as they are stored.</summary>
    private void Restart()
    {
        (_feed, _placement) = Begin();
        for (var node = 0; node < Nodes; node++)
        {
            Tell(node);
        }

        foreach (var (name, held) in _held)
        {
            var pod = Pod(name, held.Devices.Count, held.Memory, (held.Node, held.Devices));
            _feed.ChangePod(new Change(ChangeType.Put, pod, null));
        }
    }

    private void Place(int step, int count, int memory)
    {
        var pod = _feed.ReadPod(Pod($"pod-{step}", count, memory, null))!;
        if (_placement.Decide(pod, step % Nodes) is not PlacementOutcome.Placed placed)
        {
            return;
        }

        _cluster.Assign(pod, placed.Node, placed.DeviceIds);
        Assert.Equal(count, placed.DeviceIds.Count);
        foreach (var taken in placed.DeviceIds.CountBy(DeviceShare.DeviceOf))
        {
            var device = _gpus[placed.Node[^1] - '0'].Devices.Single(device => device.Uuid == taken.Key);
            var (held, shares) = (Held(taken.Key).ToList(), device.Shares ?? 1);
            Assert.Null(device.Unhealthy);
            Assert.True(held.Count + taken.Value <= shares, $"step {step}: {taken.Key} has {shares} shares");
            Assert.All(placed.DeviceIds, id => Assert.DoesNotContain(held, other => DeviceShare.Exclude(id, other)));
        }

        Assert.Distinct(placed.DeviceIds);
        _held[$"pod-{step}"] = (placed.Node, placed.DeviceIds, memory);
    }

    private void Finish(string name)
    {
        _held.Remove(name);
        _cluster.Release(Resources.Pods.KeyOf("default", name));
    }

    private IEnumerable<string> Held(string device) =>
        _held.Values.SelectMany(held => held.Devices).Where(id => DeviceShare.DeviceOf(id) == device);

    private void Check(int seed, int step)
    {
        foreach (var taken in _held.Values.SelectMany(held => held.Devices).CountBy(DeviceShare.DeviceOf))
        {
            var held = Held(taken.Key).ToList();
            Assert.True(
                taken.Value == held.Distinct().Count() && (taken.Value == 1 || held.TrueForAll(DeviceShare.Is)),
                $"seed {seed}, step {step}: {string.Join(' ', held)}");
        }

        var used = new Dictionary<string, int>();
        foreach (var held in _held.Values)
        {
            foreach (var id in held.Devices.Select(DeviceShare.DeviceOf))
            {
                used[id] = used.GetValueOrDefault(id) + held.Memory;
                Assert.True(used[id] <= MemoryOfEach, $"seed {seed}, step {step}: {id} is used by {used[id]} MiB");
            }
        }
    }

    private void Tell(int node)
    {
        var gpus = _gpus[node];
        var shares = gpus.Devices.Where(device => device.Unhealthy is null).Sum(device => device.Shares ?? 1);
        var annotation = System.Text.Json.JsonSerializer.Serialize(Encoding.UTF8.GetString(GpuJson.Bytes(gpus)));
        var json = $$$"""
            {"metadata":{"name":"n{{{node}}}","annotations":{"{{{GpuInventory.Annotation}}}":{{{annotation}}}}},
            "status":{"allocatable":{"cpu":"64","memory":"64Gi","pods":"110","{{{Resource}}}":"{{{shares}}}"},
            "conditions":[{"type":"Ready","status":"True"}]} }
            """;
        _feed.ChangeNode(new Change(ChangeType.Put, Stored(Resources.Nodes.Prefix() + $"n{node}", json), null));
    }

    private static StoredObject Pod(
        string name, int count, int memory, (string Node, IReadOnlyList<string> Devices)? held)
    {
        var (more, node) = ("", "");
        if (held is { } found)
        {
            var ids = string.Join(",", found.Devices.Select(id => $"\\\"{id}\\\""));
            more = $$$""","annotations":{"edge/devices":"{\"main\":{\"{{{Resource}}}\":[{{{ids}}}]}}"}""";
            node = $"\"nodeName\":\"{found.Node}\",";
        }

        return Stored(Resources.Pods.KeyOf("default", name), $$$"""
            {"metadata":{"name":"{{{name}}}","namespace":"default","uid":"{{{name}}}"{{{more}}}},"spec":{ {{{node}}}
            "containers":[{"name":"main","image":"i","resources":{"limits":{"{{{Resource}}}":"{{{count}}}",
            "nvidia.com/gpumem":"{{{memory}}}"} } }] } }
            """);
    }

    private static StoredObject Stored(string key, string json) => new(key, 1, Encoding.UTF8.GetBytes(json));
}
