using System.Globalization;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// <c>/proc/driver/nvidia-caps/mig-minors</c>: which access node stands for which instance of a GPU. Pure.
/// </summary>
internal static class MigMinors
{
    /// <summary>By name, such as <c>gpu0/gi1/ci0/access</c>; lines of another form are left out.</summary>
    public static IReadOnlyDictionary<string, int> Read(string text)
    {
        var minors = new Dictionary<string, int>();
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    is [var name, var number]
                && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
            {
                minors[name] = minor;
            }
        }

        return minors;
    }
}
