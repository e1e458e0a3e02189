using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// What is known of the GPUs: as they were seen last, and how often in a row one that was taken out was found well.
/// </summary>
internal sealed record GpuHealth(GpuInventory Gpus, IReadOnlyDictionary<string, int> Passes)
{
    public static GpuHealth None { get; } = new(GpuInventory.None, new Dictionary<string, int>());
}

/// <summary>
/// Who is well. A GPU that was seen stays listed, with the reason why it is not given away; it comes back without a
/// restart of anything when looks in a row find it well. Pure.
/// </summary>
internal static class GpuHealthPlan
{
    /// <summary>Looks that a device must pass: one that comes and goes must not take pods down each time.</summary>
    public const int PassesNeeded = 3;

    /// <param name="known">Before.</param>
    /// <param name="seen">What the look found.</param>
    /// <param name="counts">
    /// It brings those who are out nearer to coming back. A look that an event asks for does not: there may be three
    /// within a second, when one GPU after the other breaks.
    /// </param>
    public static GpuHealth AfterLook(GpuHealth known, GpuInventory seen, bool counts)
    {
        var devices = new List<GpuDevice>();
        var passes = new Dictionary<string, int>();
        foreach (var found in seen.Devices)
        {
            var (before, device) = Recognize(known.Gpus.Devices, found);
            devices.Add(Judge(before, device, known.Passes, passes, counts ? 1 : 0));
        }

        foreach (var before in known.Gpus.Devices)
        {
            if (!IsUnnamed(before) && !devices.Exists(device => device.Uuid == before.Uuid))
            {
                devices.Add(before with
                {
                    Unhealthy = OfAnEvent(before) ? before.Unhealthy : seen.Problem?.Message ?? "the driver misses it",
                    Readings = null,
                });
            }
        }

        devices.Sort((one, other) => one.Index.CompareTo(other.Index));
        return new GpuHealth(
            seen with
            {
                Driver = seen.Driver ?? known.Gpus.Driver,
                Cuda = seen.Cuda ?? known.Gpus.Cuda,
                Machine = seen.Machine ?? known.Gpus.Machine,
                Devices = devices,
            },
            passes);
    }

    /// <summary>A device that an event says is broken is out at once, before anybody looks.</summary>
    public static (GpuHealth Health, GpuOutcome Outcome) AfterEvent(
        GpuHealth known, GpuEvent happened, XidRules rules)
    {
        var outcome = rules.Of(happened);
        if (outcome != GpuOutcome.TakeOut)
        {
            return (known, outcome);
        }

        var devices = new List<GpuDevice>(known.Gpus.Devices);
        var at = devices.FindIndex(device => device.Uuid == happened.Uuid);
        if (at < 0)
        {
            // The driver does not say whose it is; a look finds who does not answer. The others are well.
            return (known, GpuOutcome.Look);
        }

        devices[at] = devices[at] with { Unhealthy = $"{GpuDevice.OfXid}{happened.Data}" };
        var passes = new Dictionary<string, int>(known.Passes);
        passes.Remove(happened.Uuid);
        return (new GpuHealth(known.Gpus with { Devices = devices }, passes), outcome);
    }

    /// <summary>
    /// Indices stay while the machine runs: one that does not say its name any more is who it was.
    /// </summary>
    private static (GpuDevice? Before, GpuDevice Now) Recognize(IReadOnlyList<GpuDevice> known, GpuDevice found)
    {
        foreach (var before in known)
        {
            if (IsUnnamed(found) ? before.Index == found.Index : before.Uuid == found.Uuid)
            {
                return (before, IsUnnamed(found)
                    ? before with { Unhealthy = found.Unhealthy, Readings = null }
                    : found with
                    {
                        // What only CUDA said: it is not asked each time.
                        MemoryBytes = found.MemoryBytes ?? before.MemoryBytes,
                        Compute = found.Compute ?? before.Compute,
                        SharesMemory = found.SharesMemory || before.SharesMemory,
                    });
            }
        }

        return (null, found);
    }

    private static GpuDevice Judge(
        GpuDevice? before, GpuDevice now, IReadOnlyDictionary<string, int> known, Dictionary<string, int> passes,
        int more)
    {
        if (before?.Unhealthy is null)
        {
            return now;
        }

        var eventful = OfAnEvent(before);
        if (now.Unhealthy is not null)
        {
            return eventful ? now with { Unhealthy = before.Unhealthy } : now;
        }

        var count = eventful && now.Readings?.Recovery != 0 ? 0 : known.GetValueOrDefault(now.Uuid) + more;
        if (count >= PassesNeeded)
        {
            return now;
        }

        passes[now.Uuid] = count;
        return now with { Unhealthy = before.Unhealthy };
    }

    private static bool OfAnEvent(GpuDevice device) =>
        device.Unhealthy?.StartsWith(GpuDevice.OfXid, StringComparison.Ordinal) == true;

    private static bool IsUnnamed(GpuDevice device) => device.Uuid == NvmlProbe.UnnamedId(device.Index);
}
