using Edge.Proto.Model;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Report;

/// <summary>
/// Reports the node: what it has, how it is, which images it holds. Asks the runtime when it is woken, and looks at
/// what is scarce once a minute, the kubelet's pace for what changes slowly. Nothing is said when nothing changed.
/// </summary>
internal sealed class NodeStatusReport(
    string nodeName,
    string dataDir,
    NodeInventory inventory,
    NodeStatusSources sources,
    TimeProvider clock,
    ILogger logger)
{
    private const int PodsMax = 110;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    /// <summary>A runtime that hangs says nothing of it; asking costs more than idling a minute does.</summary>
    private static readonly TimeSpan AskEvery = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Condition> _conditions = [];
    private readonly Wakeup _wakeup = new(clock);

    /// <summary>As a node shows it; without a version until the runtime has answered once.</summary>
    private string _runtimeVersion = "containerd://";

    private volatile bool _woken;
    private RuntimeSight? _runtime;
    private long _askedAt;

    /// <summary>The runtime came or went, or its images changed: asks it at once. Any thread.</summary>
    public void Wake()
    {
        _woken = true;
        _wakeup.Signal();
    }

    public async Task Run(CancellationToken cancellation)
    {
        NodePressure? before = null;
        while (!cancellation.IsCancellationRequested)
        {
            var asked = await Ask(cancellation);
            var pressure = NodePressure.Read(dataDir);
            if (asked || pressure != before)
            {
                sources.Report(Report(pressure));
            }

            before = pressure;
            await _wakeup.Wait(LookEvery, cancellation);
        }
    }

    /// <summary>False when there was no reason to ask.</summary>
    private async Task<bool> Ask(CancellationToken cancellation)
    {
        if (_runtime is not null && !_woken && clock.GetElapsedTime(_askedAt) < AskEvery)
        {
            return false;
        }

        // Before the question: what happens while it is answered asks again.
        _woken = false;
        _askedAt = clock.GetTimestamp();
        _runtime = await sources.Runtime(cancellation);
        _runtimeVersion = _runtime?.Version ?? _runtimeVersion;
        return true;
    }

    private NodeReport Report(NodePressure pressure)
    {
        var capacity = new Dictionary<string, Quantity>
        {
            ["cpu"] = Quantity.FromUnits(inventory.Cpus),
            ["memory"] = Quantity.FromBytes(inventory.MemoryBytes),
            ["ephemeral-storage"] = Quantity.FromBytes(inventory.StorageBytes),
            ["pods"] = Quantity.FromUnits(PodsMax),
        };
        return new NodeReport
        {
            Labels = new Dictionary<string, string>
            {
                ["kubernetes.io/hostname"] = nodeName,
                ["kubernetes.io/os"] = "linux",
                ["kubernetes.io/arch"] = inventory.System.Architecture,
            },
            Status = new NodeStatus
            {
                Capacity = capacity,
                Allocatable = capacity,
                Conditions = Conditions(pressure, _runtime is not null),
                Addresses =
                [
                    new NodeAddress { Type = "InternalIP", Address = inventory.Address },
                    new NodeAddress { Type = "Hostname", Address = nodeName },
                ],
                NodeInfo = inventory.System with { ContainerRuntimeVersion = _runtimeVersion },
                Images = _runtime?.Images,
            },
        };
    }

    private List<Condition> Conditions(NodePressure pressure, bool runtimeAnswers) =>
    [
        Keep("MemoryPressure", pressure.Memory,
            "KubeletHasInsufficientMemory", "kubelet has insufficient memory available",
            "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        Keep("DiskPressure", pressure.Disk, "KubeletHasDiskPressure", "kubelet has disk pressure",
            "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        Keep("PIDPressure", pressure.Pids, "KubeletHasInsufficientPID", "kubelet has insufficient PID available",
            "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        Keep("Ready", runtimeAnswers, "KubeletReady", "kubelet is posting ready status",
            "KubeletNotReady", "container runtime is down"),
    ];

    private Condition Keep(
        string type, bool value, string trueReason, string trueMessage, string falseReason, string falseMessage)
    {
        var status = value ? "True" : "False";
        if (_conditions.TryGetValue(type, out var before) && before.Status == status)
        {
            return before;
        }

        var now = new Condition
        {
            Type = type,
            Status = status,
            Reason = value ? trueReason : falseReason,
            Message = value ? trueMessage : falseMessage,
            LastTransitionTime = clock.GetUtcNow(),
        };
        if (before is not null || value != (type == "Ready"))
        {
            ReportLog.ConditionChanged(logger, type, status, now.Message);
        }

        _conditions[type] = now;
        return now;
    }
}

/// <summary>
/// Where the node's report comes from and goes to. The runtime is null while it does not answer.
/// </summary>
internal sealed record NodeStatusSources(
    Func<CancellationToken, Task<RuntimeSight?>> Runtime, Action<NodeReport> Report);
