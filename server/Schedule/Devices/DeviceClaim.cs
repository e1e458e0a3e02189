using Edge.Proto.Model;

namespace Edge.Server.Schedule.Devices;

/// <summary>When a container has what it asks for.</summary>
internal enum ClaimTime
{
    /// <summary>Before the others begin: what it had goes to them.</summary>
    Init,

    /// <summary>From its turn among the init containers to the end.</summary>
    Sidecar,
    Main,
}

/// <summary>What a container asks for of a resource that may be devices.</summary>
internal readonly record struct DeviceClaim(string Container, ClaimTime Time, string Resource, int Count)
{
    /// <summary>More is not placed anywhere: no node has so many.</summary>
    private const int CountMax = 1024;

    /// <summary>A pebibyte: beyond any device, and the bytes of a thousand of them stay a number.</summary>
    private const long MemoryMax = 1L << 30;

    /// <summary>In the order in which the containers begin; empty for nearly every pod.</summary>
    public static IReadOnlyList<DeviceClaim> Of(PodSpec spec)
    {
        List<DeviceClaim>? claims = null;
        foreach (var container in spec.InitContainers ?? [])
        {
            Add(container, container.RestartPolicy == "Always" ? ClaimTime.Sidecar : ClaimTime.Init, ref claims);
        }

        foreach (var container in spec.Containers)
        {
            Add(container, ClaimTime.Main, ref claims);
        }

        return claims ?? (IReadOnlyList<DeviceClaim>)[];
    }

    /// <summary>
    /// Mebibytes that the pod will use of each of its devices: the most that one of its containers says.
    /// </summary>
    public static long MemoryOf(PodSpec spec)
    {
        var most = 0L;
        foreach (var container in spec.InitContainers ?? [])
        {
            most = Math.Max(most, MemoryOf(container));
        }

        foreach (var container in spec.Containers)
        {
            most = Math.Max(most, MemoryOf(container));
        }

        return most;
    }

    private static long MemoryOf(Container container) =>
        (container.Resources?.Limits ?? container.Resources?.Requests)?.TryGetValue(
            GpuDevice.Memory, out var amount) == true
            ? Math.Clamp(amount.Units, 0, MemoryMax)
            : 0;

    private static void Add(Container container, ClaimTime time, ref List<DeviceClaim>? claims)
    {
        foreach (var (resource, amount) in container.Resources?.Limits ?? container.Resources?.Requests
            ?? new Dictionary<string, Quantity>())
        {
            if (resource.Contains('/', StringComparison.Ordinal) && amount.Units > 0
                && resource != GpuDevice.Memory)
            {
                (claims ??= []).Add(new DeviceClaim(
                    container.Name, time, resource, (int)Math.Min(CountMax, amount.Units)));
            }
        }
    }
}
