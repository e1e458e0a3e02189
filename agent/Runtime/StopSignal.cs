using System.Globalization;

namespace Edge.Agent.Runtime;

/// <summary>The signal by which an image wants to be asked to end, as its STOPSIGNAL spells it.</summary>
internal static class StopSignal
{
    /// <summary>What is sent where the image says nothing, or nothing that can be understood.</summary>
    public const int Default = 15;

    /// <summary>glibc's; the two below belong to it.</summary>
    private const int RealTimeMin = 34;

    private const int RealTimeMax = 64;

    /// <summary>By number, as on every architecture that .NET runs on.</summary>
    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>Takes <c>SIGQUIT</c>, <c>QUIT</c>, <c>3</c> and <c>SIGRTMIN+3</c>.</summary>
    public static int Number(string text)
    {
        var name = text.Trim().ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        var number = name switch
        {
            "RTMIN" => RealTimeMin,
            "RTMAX" => RealTimeMax,
            _ when name.StartsWith("RTMIN+", StringComparison.Ordinal) => RealTimeMin + Offset(name),
            _ when name.StartsWith("RTMAX-", StringComparison.Ordinal) => RealTimeMax - Offset(name),
            _ when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var plain) => plain,
            _ => Array.IndexOf(Names, name),
        };
        return number is > 0 and <= RealTimeMax ? number : Default;
    }

    /// <summary>Far out of range when it is no number.</summary>
    private static int Offset(string name) =>
        int.TryParse(name[6..], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            && offset <= RealTimeMax - RealTimeMin ? offset : RealTimeMax + 1;
}
