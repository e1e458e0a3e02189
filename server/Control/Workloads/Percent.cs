using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>Numbers that may be a share of another (apimachinery intstr.GetScaledValueFromIntOrPercent).</summary>
internal static class Percent
{
    /// <summary>The value out of the total; a share is rounded up or down. Null and what is no share give 0.</summary>
    public static int Of(IntOrString? value, int total, bool roundUp)
    {
        if (value is not { } given)
        {
            return 0;
        }

        if (given.Name is not { } text)
        {
            return given.Number;
        }

        if (!text.EndsWith('%') || !int.TryParse(
            text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var share))
        {
            return 0;
        }

        var exact = (long)share * total;
        return (int)((roundUp ? exact + 99 : exact) / 100);
    }
}
