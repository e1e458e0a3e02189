using System.Collections.Immutable;
using System.Globalization;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// What must never happen, judged at each act of a process, commit of a disk and packet from what is true in the world,
/// not from what the code under test believes.
/// </summary>
internal sealed class ClusterTruth(SimClock clock, Random random)
{
    /// <summary>The node counts up in it whenever it has something to say of itself.</summary>
    public const string SaidLabel = "edge/said";

    private readonly List<SimMachine> _machines = [];
    private readonly Dictionary<string, NodeTruth> _nodes = [];
    private int _uids;
    private ulong _epoch;

    public Dictionary<string, PodTruth> Pods { get; } = [];

    /// <summary>The first property that does not hold.</summary>
    public string? Violation { get; private set; }

    /// <summary>Chunks that arrived: content of maps that travelled.</summary>
    public int Chunks { get; private set; }

    public int LedgerCommits { get; private set; }

    /// <summary>Sessions that opened with equal digests on both sides, and others.</summary>
    public (int Equal, int Other) Openings { get; private set; }

    private readonly Dictionary<ulong, Hello> _hellos = [];

    /// <summary>Remembered, not thrown: the code under test catches what breaks the run of one pod.</summary>
    public void Demand(bool holds, string otherwise) => Violation ??= holds ? null : otherwise;

    public string NewUid() => $"00000000-0000-0000-0000-{++_uids:x12}";

    public void Add(SimMachine machine)
    {
        _machines.Add(machine);
        _nodes[machine.Name] = new NodeTruth();
    }

    /// <summary>How the process in a container ends by itself; null when it serves.</summary>
    public (TimeSpan Life, int Code)? LifeOf(SimContainer container) => Pods[container.Uid].Kind switch
    {
        "job" => (TimeSpan.FromMinutes(random.Next(1, 30)), random.Next(5) == 0 ? 1 : 0),
        "flaky" => (TimeSpan.FromMinutes(random.Next(1, 200)), random.Next(2)),
        _ => null,
    };

    public void Started(SimMachine machine, SimContainer container)
    {
        var pod = Pods[container.Uid];
        Demand(pod.Node == machine.Name, $"{pod.Name} runs on {machine.Name} and is of {pod.Node}");
        Demand(!pod.IsOver, $"{pod.Name} began again after it was reported to be over");
        if (pod.Toleration is not null)
        {
            CheckAlone(pod.Name, container);
        }
    }

    /// <summary>A healthy container is asked to end only by whom it is wanted to.</summary>
    public void Signalled(SimMachine machine, SimContainer container)
    {
        var pod = Pods[container.Uid];
        var fenced = pod.Toleration is { } toleration
            && _nodes[machine.Name].WasCutOff(toleration, container.Made, clock.Now);
        // What the server before a restore said may still arrive.
        var told = pod.IsRevived && !_nodes[machine.Name].FollowsPresent;
        Demand(
            pod.MayEnd || fenced || told || container.SpecHash != pod.SpecHash || container.Made <= pod.ChangedAt,
            $"{pod.Name} on {machine.Name} was healthy and wanted, and was stopped");
    }

    public void Reported(SimMachine machine, string uid, PodReport? report)
    {
        if (report?.Status.Phase is "Succeeded" or "Failed")
        {
            Pods[uid].IsOver = true;
        }

        if (report is null or { Removed: true })
        {
            Demand(
                !machine.Containers.Exists(container => container.Uid == uid),
                $"{uid} is said to be gone from {machine.Name}, and is not");
        }
    }

    /// <summary>The ledger of a node has other desired entries than before.</summary>
    public void Committed(SimMachine machine, ImmutableDictionary<string, byte[]> desired)
    {
        LedgerCommits++;
        if (_nodes[machine.Name].Committed(desired) is { } wrong)
        {
            Demand(false, $"the ledger of {machine.Name}: {wrong}");
        }
    }

    public void NodeStored(StoredObject stored, bool gone)
    {
        var node = Objects.Read(Resources.Nodes, stored);
        var said = node.Metadata.Labels?.GetValueOrDefault(SaidLabel) is { } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : 0;
        var truth = _nodes[node.Metadata.Name!];
        Demand(said >= truth.SaidStored, $"{node.Metadata.Name} said {truth.SaidStored}, and then {said} was stored");
        truth.SaidStored = said;
    }

    public void PodStored(StoredObject stored, bool gone)
    {
        var pod = Objects.Read(Resources.Pods, stored);
        if (!Pods.TryGetValue(pod.Metadata.Uid!, out var truth))
        {
            return;
        }

        var isOver = pod.Status?.Phase is "Succeeded" or "Failed";
        Demand(isOver || !truth.EndIsStored, $"{truth.Name} was over and is {pod.Status?.Phase} again");
        truth.EndIsStored = isOver;
        var restarts = pod.Status?.ContainerStatuses?[0].RestartCount ?? 0;
        Demand(
            restarts >= truth.Restarts || pod.Metadata.DeletionTimestamp is not null || truth.IsRevived,
            $"{truth.Name} was restarted {truth.Restarts} times, and then {restarts}");
        truth.Restarts = restarts;
        truth.MayEnd |= gone || pod.Metadata.DeletionTimestamp is not null;
    }

    /// <summary>A packet is sent, or arrives.</summary>
    public void Seen(string topic, Envelope envelope, bool arrives)
    {
        var node = _nodes[Topics.Parse(topic)!.Node];
        switch (envelope.BodyCase)
        {
            case Envelope.BodyOneofCase.Hello when !arrives:
                node.Sent(envelope.Session, 0, clock.Now);
                break;
            case Envelope.BodyOneofCase.Heartbeat when !arrives:
                node.Sent(envelope.Session, envelope.Heartbeat.Number, clock.Now);
                break;
            case Envelope.BodyOneofCase.Hello:
                _hellos[envelope.Session] = envelope.Hello;
                break;
            case Envelope.BodyOneofCase.Welcome when !arrives:
                _epoch = envelope.Welcome.Desired.Epoch;
                break;
            case Envelope.BodyOneofCase.Welcome:
                node.Heard(envelope.Session, 0, clock.Now);
                if (envelope.Welcome.Desired.Epoch == _epoch)
                {
                    node.Welcomed();
                }

                Opened(envelope);
                break;
            case Envelope.BodyOneofCase.HeartbeatAnswer when arrives:
                node.Heard(envelope.Session, envelope.HeartbeatAnswer.Number, clock.Now);
                break;
            case Envelope.BodyOneofCase.Chunk when arrives:
                Chunks++;
                if (envelope.Chunk is { Map: Map.Desired, Heard: > 0 })
                {
                    node.Heard(envelope.Session, envelope.Chunk.Heard, clock.Now);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>
    /// After a crash: whatever somebody was told of is there. What has a fence the server may have taken out by itself.
    /// </summary>
    public void CheckAcknowledged(Objects objects)
    {
        var stored = objects.List(Resources.Pods).ToDictionary(pod => pod.Metadata.Uid!);
        foreach (var pod in Pods.Values)
        {
            var found = stored.GetValueOrDefault(pod.Uid);
            Demand(
                pod.EndIsAcknowledged ? found is null or { Metadata.DeletionTimestamp: not null }
                : pod.MayEnd || (found is null && pod.Toleration is not null)
                    || (found?.Metadata.Generation ?? 0) >= pod.Acknowledged,
                $"an acknowledged write of {pod.Name} is lost");
        }
    }

    /// <summary>The store is what it was hours ago.</summary>
    public void Restored(Objects objects, Func<Pod, string> hashOf)
    {
        var stored = objects.List(Resources.Pods).ToDictionary(pod => pod.Metadata.Uid!);
        foreach (var truth in Pods.Values)
        {
            var pod = stored.GetValueOrDefault(truth.Uid);
            truth.IsRevived |= truth.MayEnd && pod is not null;
            truth.MayEnd = pod is null or { Metadata.DeletionTimestamp: not null };
            truth.EndIsAcknowledged = false;
            truth.Acknowledged = pod?.Metadata.Generation ?? 0;
            truth.EndIsStored = false;
            truth.Restarts = 0;
            // Where it was over its node has forgotten it since, and cannot know.
            truth.IsOver = false;
            if (pod is not null && hashOf(pod) != truth.SpecHash)
            {
                (truth.SpecHash, truth.ChangedAt) = (hashOf(pod), clock.Now);
            }
        }

        foreach (var node in _nodes.Values)
        {
            node.Restored();
        }
    }

    /// <summary>Two pods of one name with a fence never run at once.</summary>
    private void CheckAlone(string name, SimContainer container)
    {
        foreach (var machine in _machines)
        {
            var twin = machine.Running.FirstOrDefault(other => other.PodName == name && other.Uid != container.Uid);
            Demand(twin is null, $"{name} runs twice: {container.Id} and, on {machine.Name}, {twin?.Id}");
        }
    }

    private void Opened(Envelope envelope)
    {
        if (_hellos.Remove(envelope.Session, out var hello))
        {
            var equal = hello.Desired.Digest == envelope.Welcome.Desired.Digest
                && hello.Reported.Digest == envelope.Welcome.Reported.Digest;
            Openings = equal ? (Openings.Equal + 1, Openings.Other) : (Openings.Equal, Openings.Other + 1);
        }
    }
}
