using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server.Fleet;

/// <summary>
/// Reads what a node says it uses. A broken or bad node must not upset whoever adds the numbers up. Pure.
/// </summary>
internal static class UsageReader
{
    /// <summary>
    /// A hundred thousand cores, or a hundred terabytes: beyond any machine, so that the sum of a pod's thousandths
    /// fits 64 bits.
    /// </summary>
    private const long ValueMax = 100_000_000_000_000;

    /// <summary>A day: a measurement that old is none.</summary>
    private const long MillisecondsMax = 24 * 60 * 60 * 1000;

    /// <summary>The answer, dated by our own clock.</summary>
    /// <exception cref="JsonException">It is no such JSON.</exception>
    /// <exception cref="InvalidDataException">A number in it cannot be.</exception>
    public static NodeUsage Read(ReadOnlyMemory<byte> text, DateTimeOffset now)
    {
        var usage = JsonSerializer.Deserialize(text.Span, ModelJson.Default.NodeUsage)
            ?? throw new JsonException("it is null");
        Check(usage.AgeMilliseconds, MillisecondsMax);
        Check(usage.WindowMilliseconds, MillisecondsMax);
        Check(usage.Total);
        foreach (var pod in usage.Pods ?? [])
        {
            Check((pod ?? throw new JsonException("a pod is null")).WindowMilliseconds, MillisecondsMax);
            var sum = new ResourceUsage();
            foreach (var container in (pod.Containers ?? new Dictionary<string, ResourceUsage>()).Values)
            {
                Check(container ?? throw new JsonException("a container is null"));
                sum = new ResourceUsage
                {
                    CpuNanocores = sum.CpuNanocores + container.CpuNanocores,
                    MemoryBytes = sum.MemoryBytes + container.MemoryBytes,
                };
                Check(sum);
            }
        }

        if (usage.Budgets is { } budgets && NodeBudgetsPlan.Fault(budgets) is { } fault)
        {
            throw new InvalidDataException($"budgets: {fault}");
        }

        return usage with { Timestamp = now.AddMilliseconds(-usage.AgeMilliseconds) };
    }

    private static void Check(ResourceUsage usage)
    {
        Check(usage.CpuNanocores, ValueMax);
        Check(usage.MemoryBytes, ValueMax);
    }

    private static void Check(long value, long max)
    {
        if (value < 0 || value > max)
        {
            throw new InvalidDataException($"{value} is not between 0 and {max}");
        }
    }
}
