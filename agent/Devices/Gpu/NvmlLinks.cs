using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>How near the GPUs of a machine are to each other.</summary>
internal static class NvmlLinks
{
    /// <summary>Fills in distances and links; a single GPU has none.</summary>
    /// <param name="devices">By index; those that do not answer are far from everybody.</param>
    /// <param name="handles">Theirs.</param>
    public static void Add(List<GpuDevice> devices, List<NvmlDevice> handles)
    {
        if (devices.Count < 2)
        {
            return;
        }

        var ends = new List<string>[devices.Count];
        var anyLink = false;
        for (var one = 0; one < devices.Count; one++)
        {
            ends[one] = devices[one].Unhealthy is null ? OtherEnds(handles[one]) : [];
            anyLink |= ends[one].Count > 0;
        }

        for (var one = 0; one < devices.Count; one++)
        {
            var (distances, links) = (new int[devices.Count], new int[devices.Count]);
            for (var other = 0; other < devices.Count; other++)
            {
                var ask = one != other && devices[one].Unhealthy is null && devices[other].Unhealthy is null;
                distances[other] = one == other ? 0
                    : ask ? (int?)handles[one].CommonAncestor(handles[other]) ?? -1
                    : -1;
                links[other] = ask && anyLink ? Links(one, other) : 0;
            }

            devices[one] = devices[one] with { Distances = distances, NvLinks = anyLink ? links : [] };
        }

        int Links(int one, int other)
        {
            var direct = 0;
            foreach (var end in ends[one])
            {
                direct += end == devices[other].Bus ? 1 : 0;
            }

            // None ends there but both are reached: a switch is between, and all links lead to it.
            return direct > 0 || !handles[one].IsLinkedTo(handles[other])
                ? direct
                : Math.Min(ends[one].Count, ends[other].Count);
        }
    }

    /// <summary>What is at the other end of each active link: a GPU's bus id, or a switch's.</summary>
    private static List<string> OtherEnds(NvmlDevice device)
    {
        var ends = new List<string>();
        for (var link = 0u; link < NvmlNative.LinksMax; link++)
        {
            var code = device.At("nvmlDeviceGetNvLinkState", link, out uint active);
            if (code is NvmlNative.NotSupported or NvmlNative.FunctionNotFound)
            {
                break;
            }

            if (code == NvmlNative.Success && active == 1)
            {
                ends.Add(device.At("nvmlDeviceGetNvLinkRemotePciInfo_v2", link, out NvmlNative.Pci far)
                    == NvmlNative.Success ? NvmlProbe.BusOf(in far) : "");
            }
        }

        return ends;
    }
}
