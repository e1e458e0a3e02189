using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Server.Control.StatefulSets;

/// <summary>Names of a StatefulSet's pods: the set's name and a number. Pure.</summary>
internal static class Ordinals
{
    public static string PodName(ObjectMeta set, int ordinal) =>
        string.Create(CultureInfo.InvariantCulture, $"{set.Name}-{ordinal}");

    /// <summary>The number of a pod of the set; null for a name that no pod of it has.</summary>
    public static int? Of(ObjectMeta set, string pod) =>
        Split(pod) is var (parent, ordinal) && parent == set.Name && pod == PodName(set, ordinal) ? ordinal : null;

    /// <summary>The name before the last hyphen and the number after it; null where there is none.</summary>
    public static (string Parent, int Ordinal)? Split(string name)
    {
        var at = name.LastIndexOf('-');
        return at > 0 && int.TryParse(
            name.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? (name[..at], ordinal)
            : null;
    }
}
