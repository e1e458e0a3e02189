using Edge.Agent.Devices.Gpu;
using Edge.Agent.Devices.Sharing;
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

    /// <summary>Of an eco node both, so many times longer: what is scarce by moments is not told.</summary>
    private const int EcoFactor = 5;

    private readonly int _factor = sources.IsEco ? EcoFactor : 1;

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
        (NodePressure? Pressure, LocalChanges? Local, GpuInventory? Gpus) before = default;
        await sources.Known(cancellation);
        while (!cancellation.IsCancellationRequested)
        {
            var asked = await Ask(cancellation);
            var seen = (NodePressure.Read(dataDir), sources.Local(), sources.Gpus());
            if (asked || seen != before)
            {
                sources.Report(Report(seen.Item1, seen.Item2, seen.Item3));
            }

            before = seen;
            await _wakeup.Wait(LookEvery * _factor, cancellation);
        }
    }

    /// <summary>False when there was no reason to ask.</summary>
    private async Task<bool> Ask(CancellationToken cancellation)
    {
        if (_runtime is not null && !_woken && clock.GetElapsedTime(_askedAt) < AskEvery * _factor)
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

    private NodeReport Report(NodePressure pressure, LocalChanges local, GpuInventory gpus)
    {
        var labels = new Dictionary<string, string>
        {
            ["kubernetes.io/hostname"] = nodeName,
            ["kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = inventory.System.Architecture,
        };
        GpuLabelsPlan.Label(gpus, labels);
        var capacity = new Dictionary<string, Quantity>
        {
            ["cpu"] = Quantity.FromUnits(inventory.Cpus),
            ["memory"] = Quantity.FromBytes(inventory.MemoryBytes),
            ["ephemeral-storage"] = Quantity.FromBytes(inventory.StorageBytes),
            ["pods"] = Quantity.FromUnits(PodsMax),
        };
        foreach (var offer in gpus.Offers)
        {
            var others = capacity.TryGetValue(offer.Resource, out var counted) ? counted.Units : 0;
            capacity[offer.Resource] = Quantity.FromUnits(others + offer.Shares);
            if (offer.MemoryMebibytes is { } memory)
            {
                others = capacity.TryGetValue(GpuDevice.Memory, out counted) ? counted.Units : 0;
                capacity[GpuDevice.Memory] = Quantity.FromUnits(others + memory);
            }
        }

        return new NodeReport
        {
            Labels = labels,
            Status = new NodeStatus
            {
                Capacity = capacity,
                Allocatable = Allocatable(capacity, local, gpus),
                Conditions = Conditions(pressure, _runtime is not null, local, gpus),
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

    /// <summary>
    /// Pods that no scheduler placed take their part as what the kubelet reserves does; a GPU that is not well is there
    /// and not to be had.
    /// </summary>
    private Dictionary<string, Quantity> Allocatable(
        Dictionary<string, Quantity> capacity, LocalChanges local, GpuInventory gpus)
    {
        var allocatable = new Dictionary<string, Quantity>(capacity);
        if (local.Pods > 0)
        {
            allocatable["cpu"] = Quantity.FromMilli(Math.Max(0, (inventory.Cpus * 1000L) - local.CpuMillis));
            allocatable["memory"] = Quantity.FromBytes(Math.Max(0, inventory.MemoryBytes - local.MemoryBytes));
            allocatable["pods"] = Quantity.FromUnits(Math.Max(0, PodsMax - local.Pods));
        }

        foreach (var offer in gpus.Offers)
        {
            if (offer.Unhealthy is not null)
            {
                allocatable[offer.Resource] = Quantity.FromUnits(allocatable[offer.Resource].Units - offer.Shares);
                if (offer.MemoryMebibytes is { } memory)
                {
                    allocatable[GpuDevice.Memory] =
                        Quantity.FromUnits(allocatable[GpuDevice.Memory].Units - memory);
                }
            }
        }

        return allocatable;
    }

    private List<Condition> Conditions(
        NodePressure pressure, bool runtimeAnswers, LocalChanges local, GpuInventory gpus) =>
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
        .. local.Message is { } message
            ? [Keep(LocalChanges.ConditionType, local.Differs, "ChangedOnSite", message, "NothingChanged", message)]
            : (Condition[])[],
        .. GpuLabelsPlan.Condition(gpus) is { } state
            ? [Keep(GpuLabelsPlan.ConditionType, state.Wrong, state.Reason, state.Message, state.Reason, state.Message)]
            : (Condition[])[],
        .. sources.Sharing() is { } how
            ? [Keep(GpuSharing.ConditionType, how.Wrong, how.Reason, how.Message, how.Reason, how.Message)]
            : (Condition[])[],
    ];

    private Condition Keep(
        string type, bool value, string trueReason, string trueMessage, string falseReason, string falseMessage)
    {
        var status = value ? "True" : "False";
        var message = value ? trueMessage : falseMessage;
        var same = _conditions.TryGetValue(type, out var before) && before.Status == status;
        if (same && before!.Message == message)
        {
            return before;
        }

        var now = new Condition
        {
            Type = type,
            Status = status,
            Reason = value ? trueReason : falseReason,
            Message = message,
            LastTransitionTime = same ? before!.LastTransitionTime : clock.GetUtcNow(),
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
/// Where the node's report comes from and goes to, and whether it is sparing. The runtime is null while it does not
/// answer.
/// </summary>
internal sealed record NodeStatusSources(
    Func<CancellationToken, Task<RuntimeSight?>> Runtime, Action<NodeReport> Report)
{
    /// <summary>What is not the server's word; looked at with what is scarce.</summary>
    public Func<LocalChanges> Local { get; init; } = () => LocalChanges.None;

    /// <summary>One object while nothing of them changed.</summary>
    public Func<GpuInventory> Gpus { get; init; } = () => GpuInventory.None;

    /// <summary>Of the document that says how GPUs are shared; it changes only where it wakes who reports.</summary>
    public Func<(bool Wrong, string Reason, string Message)?> Sharing { get; init; } = () => null;

    /// <summary>Ends when the first report can tell everything, or soon after that should have been.</summary>
    public Func<CancellationToken, Task> Known { get; init; } = _ => Task.CompletedTask;

    public bool IsEco { get; init; }
}
