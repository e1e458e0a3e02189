using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Sharing;

/// <summary>
/// The GPUs that were found, and the document → what is offered of them: under which name, and how often. The devices
/// themselves stay as they are. Pure.
/// </summary>
internal static class SharingPlan
{
    /// <returns>
    /// The inventory as pods may have it, and what of the document cannot be had with these GPUs.
    /// </returns>
    public static (GpuInventory Gpus, IReadOnlyList<string> Unmet) Apply(GpuInventory found, SharingDocument document)
    {
        var unmet = new List<string>();
        var strategy = Strategy(found.Devices, document.MigStrategy, unmet);
        var taken = new int[document.Resources.Count];
        var devices = new List<GpuDevice>(found.Devices.Count);
        foreach (var device in found.Devices)
        {
            var now = device;
            if (device.MigEnabled != true
                && Meant(document, taken, GpuDevice.Gpu, device.Uuid, Index(device)) is { } shared)
            {
                now = device with { Resource = shared.Rename, Shares = SharesOf(shared) };
            }

            devices.Add(device.Instances.Count == 0
                ? now
                : now with { Instances = Parts(device, strategy, document, taken) });
        }

        return (
            found with
            {
                Devices = devices,
                MigStrategy = strategy,
                GivesOneShare = document.FailRequestsGreaterThanOne,
            },
            unmet);
    }

    private static List<MigInstance> Parts(
        GpuDevice device, string? strategy, SharingDocument document, int[] taken)
    {
        var parts = new List<MigInstance>(device.Instances.Count);
        foreach (var part in device.Instances)
        {
            var alone = strategy == "single" ? GpuDevice.Gpu : MigInstance.ResourceOf(part.Profile);
            var place = string.Create(CultureInfo.InvariantCulture, $"{device.Index}:{parts.Count}");
            var shared = strategy == GpuInventory.NoParts ? null : Meant(document, taken, alone, part.Uuid, place);
            parts.Add(part with
            {
                Resource = shared?.Rename ?? (strategy == "single" ? alone : null),
                Shares = shared is null ? null : SharesOf(shared),
            });
        }

        return parts;
    }

    /// <summary>
    /// With <c>single</c> all parts of a node are <c>nvidia.com/gpu</c>, so all must be alike; where they are not, each
    /// is given by its profile.
    /// </summary>
    private static string? Strategy(IReadOnlyList<GpuDevice> devices, string? asked, List<string> unmet)
    {
        var (whole, partitioned, isEmpty) = (0, 0, false);
        var profiles = new HashSet<string>();
        foreach (var device in devices)
        {
            (whole, partitioned) = device.MigEnabled == true ? (whole, partitioned + 1) : (whole + 1, partitioned);
            isEmpty |= device.MigEnabled == true && device.Instances.Count == 0;
            foreach (var part in device.Instances)
            {
                profiles.Add(part.Profile);
            }
        }

        if (partitioned == 0 || asked is null or "mixed")
        {
            return asked;
        }

        if (asked == GpuInventory.NoParts)
        {
            unmet.Add(
                $"{partitioned} of {devices.Count} GPUs are partitioned, which migStrategy none gives nothing of");
            return asked;
        }

        var fault = isEmpty ? "at least one GPU is partitioned and has no parts"
            : whole > 0 ? "only some GPUs are partitioned"
            : profiles.Count > 1 ? "parts have different profiles"
            : null;
        if (fault is not null)
        {
            unmet.Add($"migStrategy single cannot be: {fault}; parts are given by their profiles, as with mixed");
        }

        return fault is null ? asked : "mixed";
    }

    private static SharedResource? Meant(
        SharingDocument document, int[] taken, string resource, string uuid, string index)
    {
        for (var at = 0; at < taken.Length; at++)
        {
            var shared = document.Resources[at];
            if (shared.Name != resource || (shared.Count is { } count && taken[at] >= count))
            {
                continue;
            }

            if (shared.Devices is null || Names(shared.Devices, uuid) || Names(shared.Devices, index))
            {
                taken[at]++;
                return shared;
            }
        }

        return null;
    }

    private static bool Names(IReadOnlyList<string> devices, string name)
    {
        foreach (var device in devices)
        {
            if (device == name)
            {
                return true;
            }
        }

        return false;
    }

    private static int? SharesOf(SharedResource shared) => shared.Replicas > 1 ? shared.Replicas : null;

    private static string Index(GpuDevice device) => device.Index.ToString(CultureInfo.InvariantCulture);
}
