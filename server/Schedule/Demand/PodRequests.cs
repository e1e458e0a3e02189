using Edge.Proto.Model;

namespace Edge.Server.Schedule.Demand;

/// <summary>A host port that a pod claims on its node; an empty address means all addresses.</summary>
internal readonly record struct HostPortClaim(string Protocol, string Address, int Port)
{
    /// <summary>Two claims of all addresses, of the same one, or of one and all, exclude each other.</summary>
    public bool Excludes(HostPortClaim other) =>
        Port == other.Port && Protocol == other.Protocol
        && (Address.Length == 0 || other.Address.Length == 0 || Address == other.Address);
}

/// <summary>What a pod takes of its node while it runs.</summary>
internal static class PodRequests
{
    /// <summary>kube-scheduler's DefaultMilliCPURequest.</summary>
    private const long DefaultMilliCpu = 100;

    /// <summary>kube-scheduler's DefaultMemoryRequest, 200 MB.</summary>
    private const long DefaultMemory = 200L * 1024 * 1024;

    private static readonly Defaults Nothing = new(0, 0);

    /// <summary>
    /// Containers and sidecars run together, an ordinary init container runs beside the sidecars started before it; the
    /// pod needs the greater of the two (KEP-753), or what it asks for as a whole (KEP-2837), and its overhead.
    /// </summary>
    public static ResourceAmounts Of(PodSpec spec) => Sum(spec, Nothing);

    /// <summary>
    /// What the scores count: a container that names no cpu or no memory counts with a default, so that such pods
    /// spread too (kube-scheduler's non-zero requests). Where the pod asks as a whole, only what nobody names is made
    /// up.
    /// </summary>
    public static ResourceAmounts Scored(PodSpec spec, in ResourceAmounts requests)
    {
        var asWhole = Merged(spec.Resources) is { Count: > 0 };
        return Sum(spec, new Defaults(
            asWhole && requests.MilliCpu > 0 ? 0 : DefaultMilliCpu,
            asWhole && requests.Memory > 0 ? 0 : DefaultMemory));
    }

    private static ResourceAmounts Sum(PodSpec spec, Defaults defaults)
    {
        var sidecars = ResourceAmounts.Zero;
        var initPeak = ResourceAmounts.Zero;
        foreach (var container in spec.InitContainers ?? [])
        {
            var own = Of(container.Resources, defaults);
            if (container.RestartPolicy == "Always")
            {
                sidecars = sidecars.Plus(own).Capped();
                initPeak = initPeak.Max(sidecars);
            }
            else
            {
                initPeak = initPeak.Max(sidecars.Plus(own).Capped());
            }
        }

        var running = sidecars;
        foreach (var container in spec.Containers)
        {
            running = running.Plus(Of(container.Resources, defaults)).Capped();
        }

        var total = AsWhole(spec.Resources, running.Max(initPeak));
        return spec.Overhead is null ? total : total.Plus(ResourceAmounts.From(spec.Overhead)).Capped();
    }

    public static IReadOnlyList<HostPortClaim> HostPorts(PodSpec spec)
    {
        List<HostPortClaim>? claims = null;
        foreach (var container in spec.Containers)
        {
            Add(container, spec, ref claims);
        }

        foreach (var container in spec.InitContainers ?? [])
        {
            if (container.RestartPolicy == "Always")
            {
                Add(container, spec, ref claims);
            }
        }

        return claims ?? (IReadOnlyList<HostPortClaim>)[];
    }

    /// <summary>A limit without a request is a request too.</summary>
    private static ResourceAmounts Of(ResourceRequirements? resources, Defaults defaults)
    {
        var named = Merged(resources);
        var amounts = ResourceAmounts.From(named);
        return amounts with
        {
            MilliCpu = named?.ContainsKey("cpu") == true ? amounts.MilliCpu : defaults.MilliCpu,
            Memory = named?.ContainsKey("memory") == true ? amounts.Memory : defaults.Memory,
        };
    }

    private static IReadOnlyDictionary<string, Quantity>? Merged(ResourceRequirements? resources)
    {
        if (resources?.Limits is not { } limits)
        {
            return resources?.Requests;
        }

        var merged = new Dictionary<string, Quantity>(limits);
        foreach (var (name, amount) in resources.Requests ?? new Dictionary<string, Quantity>())
        {
            merged[name] = amount;
        }

        return merged;
    }

    /// <summary>Cpu and memory asked for as a whole stand in place of the containers' sum.</summary>
    private static ResourceAmounts AsWhole(ResourceRequirements? resources, in ResourceAmounts sum) =>
        Merged(resources) is not { } whole
            ? sum
            : sum with
            {
                MilliCpu = whole.TryGetValue("cpu", out var cpu) ? ResourceAmounts.Cap(cpu.MilliValue) : sum.MilliCpu,
                Memory = whole.TryGetValue("memory", out var memory) ? ResourceAmounts.Cap(memory.Units) : sum.Memory,
            };

    /// <summary>What a container counts with that names nothing.</summary>
    private readonly record struct Defaults(long MilliCpu, long Memory);

    private static void Add(Container container, PodSpec spec, ref List<HostPortClaim>? claims)
    {
        foreach (var port in container.Ports ?? [])
        {
            var number = port.HostPort ?? (spec.HostNetwork == true ? port.Number : 0);
            if (number > 0)
            {
                var address = port.HostIP is null or "0.0.0.0" or "::" ? "" : port.HostIP;
                (claims ??= []).Add(new HostPortClaim(port.Protocol ?? "TCP", address, number));
            }
        }
    }
}
