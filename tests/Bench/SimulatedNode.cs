using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Link;
using Edge.Proto.Model;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Bench;

/// <summary>
/// A node without a machine: the agent's own end of the link, which says of every pod at once that it runs. A thread
/// and a connection with mutual TLS each, as real nodes have.
/// </summary>
internal sealed class SimulatedNode
{
    private readonly LinkClient _link;
    private readonly HashSet<string> _pods = [];
    private int _count;

    public SimulatedNode(string name, MqttTls tls, string clusterUid, Uri broker)
    {
        Name = name;
        _link = new LinkClient(
            new LinkSettings
            {
                NodeName = name, ClusterUid = clusterUid, Broker = new LinkBroker(broker, IsSealed: false),
                CaFile = tls.CaFile, Tls = () => tls, AgentVersion = "bench", BootId = name,
            },
            [], TimeProvider.System, new Random(name.GetHashCode(StringComparison.Ordinal)),
            NullLogger<LinkClient>.Instance);
        _link.SetReported("node", Encoding.UTF8.GetBytes(Status));
    }

    public string Name { get; }

    /// <summary>Pods that the server has sent here.</summary>
    public int Pods => Volatile.Read(ref _count);

    /// <summary>Both ends have the same.</summary>
    public bool IsLevel => _link.IsLevel;

    public bool IsConnected => _link.State == LinkState.Connected;

    private static string Status { get; } =
        """
        {"labels":{"kubernetes.io/os":"linux","kubernetes.io/arch":"amd64"},"status":{
        "capacity":{"cpu":"4","memory":"8Gi","ephemeral-storage":"64Gi","pods":"110"},
        "allocatable":{"cpu":"4","memory":"8Gi","ephemeral-storage":"64Gi","pods":"110"},
        "conditions":[
        {"type":"MemoryPressure","status":"False","reason":"KubeletHasSufficientMemory"},
        {"type":"DiskPressure","status":"False","reason":"KubeletHasNoDiskPressure"},
        {"type":"PIDPressure","status":"False","reason":"KubeletHasSufficientPID"},
        {"type":"Ready","status":"True","reason":"KubeletReady"}],
        "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],
        "nodeInfo":{"kubeletVersion":"v1.33.0","osImage":"Debian","kernelVersion":"6.1","architecture":"amd64",
        "operatingSystem":"linux","containerRuntimeVersion":"containerd://1.6.20","bootID":"b","machineID":"m",
        "systemUUID":"s","kubeProxyVersion":""}}}
        """;

    public async Task Run(CancellationToken cancel) => await Task.WhenAll(_link.Run(cancel), Answer(cancel));

    public async Task Run(MqttLoop loop, CancellationToken cancel) =>
        await Task.WhenAll(_link.Run(loop, cancel), Answer(cancel));

    private async Task Answer(CancellationToken cancel)
    {
        try
        {
            await foreach (var change in _link.Desired.ReadAllAsync(cancel))
            {
                foreach (var gone in change.Removals.Where(_pods.Remove))
                {
                    _link.RemoveReported(gone);
                }

                foreach (var entry in change.Upserts.Where(entry => entry.Key.StartsWith("pods/")))
                {
                    Take(entry);
                }

                change.Committed();
                Volatile.Write(ref _count, _pods.Count);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    private void Take(MapEntry entry)
    {
        var pod = JsonSerializer.Deserialize(entry.Value.Span, ModelJson.Default.Pod)!;
        var ended = pod.Metadata.DeletionTimestamp is not null;
        _pods.Add(entry.Key);
        var now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var report = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["namespace"] = pod.Metadata.Namespace, ["name"] = pod.Metadata.Name, ["uid"] = pod.Metadata.Uid,
            },
            ["status"] = new JsonObject
            {
                ["phase"] = ended ? "Succeeded" : "Running",
                ["hostIP"] = "10.0.0.1",
                ["podIP"] = "10.64.0.2",
                ["startTime"] = now,
                ["conditions"] = new JsonArray([.. new[] { "Initialized", "ContainersReady", "Ready" }.Select(type =>
                    new JsonObject
                    {
                        ["type"] = type, ["status"] = ended ? "False" : "True", ["lastTransitionTime"] = now,
                    })]),
                ["containerStatuses"] = new JsonArray([.. pod.Spec.Containers.Select(container => new JsonObject
                {
                    ["name"] = container.Name, ["ready"] = !ended, ["restartCount"] = 0, ["started"] = !ended,
                    ["image"] = container.Image, ["imageID"] = "sha256:" + new string('0', 64),
                    ["containerID"] = "containerd://" + pod.Metadata.Uid,
                    ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = now } },
                })]),
            },
        };
        if (ended)
        {
            report["removed"] = true;
        }

        _link.SetReported(entry.Key, Encoding.UTF8.GetBytes(report.ToJsonString()));
    }
}
