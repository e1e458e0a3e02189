using System.Globalization;

namespace Edge.Server.Fleet;

/// <summary>Shares 10.64.0.0/10 out in blocks of /24, one a node. Pure.</summary>
internal static class PodCidrPlan
{
    /// <summary>A /10 holds this many /24.</summary>
    public const int Blocks = 1 << 14;

    /// <summary>The lowest free block, or null when all are taken.</summary>
    public static string? Next(IEnumerable<string?> taken)
    {
        var used = taken.Select(IndexOf).ToHashSet();
        for (var index = 0; index < Blocks; index++)
        {
            if (!used.Contains(index))
            {
                return $"10.{64 + (index >> 8)}.{index & 255}.0/24";
            }
        }

        return null;
    }

    private static int? IndexOf(string? cidr)
    {
        var parts = cidr?.Split('.', '/') ?? [];
        return parts.Length == 5 && parts[0] == "10"
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var high)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var low)
                ? ((high - 64) << 8) + low
                : null;
    }
}
