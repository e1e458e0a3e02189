using Edge.Proto.Model;

namespace Edge.Server.Schedule.Demand;

/// <summary>Amounts of resources in whole numbers: cpu in thousandths of a core, the rest in their base unit.</summary>
internal readonly record struct ResourceAmounts(
    long MilliCpu, long Memory, long EphemeralStorage, IReadOnlyDictionary<string, long>? Extended)
{
    /// <summary>
    /// No amount counts for more (a pebibyte of memory): so the sum over thousands of pods of one node, and a hundred
    /// times an amount, stay numbers.
    /// </summary>
    public const long MaxAmount = 1L << 50;

    public static ResourceAmounts Zero => default;

    public bool HasExtended => Extended is { Count: > 0 };

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
                (extended ??= [])[name] = Cap(amount.Units);
            }
        }

        return new ResourceAmounts(
            Cap(list.GetValueOrDefault("cpu").MilliValue), Cap(list.GetValueOrDefault("memory").Units),
            Cap(list.GetValueOrDefault("ephemeral-storage").Units), extended);
    }

    public static long Cap(long amount) => Math.Clamp(amount, -MaxAmount, MaxAmount);

    public long Of(string extended) => Extended?.GetValueOrDefault(extended) ?? 0;

    public ResourceAmounts Plus(in ResourceAmounts other) => Combine(other, static (left, right) => left + right);

    public ResourceAmounts Minus(in ResourceAmounts other) => Combine(other, static (left, right) => left - right);

    public ResourceAmounts Max(in ResourceAmounts other) => Combine(other, Math.Max);

    public ResourceAmounts Capped() => Combine(Zero, static (amount, _) => Cap(amount));

    /// <summary>Whether every amount is at least the other's.</summary>
    public bool Covers(in ResourceAmounts other)
    {
        if (MilliCpu < other.MilliCpu || Memory < other.Memory || EphemeralStorage < other.EphemeralStorage)
        {
            return false;
        }

        foreach (var (name, amount) in other.Extended ?? NoExtended)
        {
            if (Of(name) < amount)
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(ResourceAmounts other) =>
        (MilliCpu, Memory, EphemeralStorage) == (other.MilliCpu, other.Memory, other.EphemeralStorage)
        && Covers(other) && other.Covers(this);

    public override int GetHashCode() => HashCode.Combine(MilliCpu, Memory, EphemeralStorage);

    public static IReadOnlyDictionary<string, long> NoExtended { get; } = new Dictionary<string, long>();

    public ResourceAmounts Without(string extended)
    {
        var rest = new Dictionary<string, long>(Extended ?? NoExtended);
        rest.Remove(extended);
        return this with { Extended = rest };
    }

    private ResourceAmounts Combine(in ResourceAmounts other, Func<long, long, long> each)
    {
        var extended = Extended;
        if (HasExtended || other.HasExtended)
        {
            var names = (Extended ?? NoExtended).Keys.Union((other.Extended ?? NoExtended).Keys);
            var (left, right) = (this, other);
            extended = names.ToDictionary(name => name, name => each(left.Of(name), right.Of(name)));
        }

        return new ResourceAmounts(
            each(MilliCpu, other.MilliCpu), each(Memory, other.Memory),
            each(EphemeralStorage, other.EphemeralStorage), extended);
    }
}
