using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>Amounts of resources in whole numbers: cpu in thousandths of a core, the rest in their base unit.</summary>
internal sealed record ResourceAmounts(
    long MilliCpu, long Memory, long EphemeralStorage, IReadOnlyDictionary<string, long> Extended)
{
    private static readonly Dictionary<string, long> NoExtended = [];

    public static ResourceAmounts Zero { get; } = new(0, 0, 0, NoExtended);

    public static ResourceAmounts From(IReadOnlyDictionary<string, Quantity>? list)
    {
        if (list is null || list.Count == 0)
        {
            return Zero;
        }

        Dictionary<string, long>? extended = null;
        foreach (var (name, amount) in list)
        {
            if (name is not ("cpu" or "memory" or "ephemeral-storage" or "pods"))
            {
                (extended ??= [])[name] = amount.Units;
            }
        }

        return new ResourceAmounts(
            list.GetValueOrDefault("cpu").MilliValue, list.GetValueOrDefault("memory").Units,
            list.GetValueOrDefault("ephemeral-storage").Units, extended ?? NoExtended);
    }

    public ResourceAmounts Plus(ResourceAmounts other) => Combine(other, static (left, right) => left + right);

    public ResourceAmounts Minus(ResourceAmounts other) => Combine(other, static (left, right) => left - right);

    public ResourceAmounts Max(ResourceAmounts other) => Combine(other, Math.Max);

    private ResourceAmounts Combine(ResourceAmounts other, Func<long, long, long> each)
    {
        var extended = Extended;
        if (Extended.Count + other.Extended.Count > 0)
        {
            extended = Extended.Keys.Union(other.Extended.Keys).ToDictionary(
                name => name,
                name => each(Extended.GetValueOrDefault(name), other.Extended.GetValueOrDefault(name)));
        }

        return new ResourceAmounts(
            each(MilliCpu, other.MilliCpu), each(Memory, other.Memory),
            each(EphemeralStorage, other.EphemeralStorage), extended);
    }
}
