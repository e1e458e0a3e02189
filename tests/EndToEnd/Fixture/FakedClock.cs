namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>
/// libfaketime: a daemon's wall clock is another one from its next start on. Clocks that only count stay as they are,
/// for they decide how long the daemon waits.
/// </summary>
public static class FakedClock
{
    private const string Preload = "LD_PRELOAD";
    private const string Offset = "FAKETIME";

    private static readonly string? s_library = Directory.Exists("/usr/lib")
        ? Directory.EnumerateFiles("/usr/lib", "libfaketimeMT.so.1", new EnumerationOptions
        {
            RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true,
        }).FirstOrDefault()
        : null;

    /// <summary>Skips the test, and says why, where the library is not installed.</summary>
    public static void Require() => Skip.If(s_library is null, "libfaketime (package faketime) is not installed");

    /// <param name="daemon">Whose clock.</param>
    /// <param name="offset">As libfaketime takes it: <c>+30d</c>.</param>
    public static void Set(Daemon daemon, string offset)
    {
        daemon.Variables[Preload] = s_library!;
        daemon.Variables[Offset] = offset;
        daemon.Variables["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
    }

    public static void Remove(Daemon daemon)
    {
        daemon.Variables.Remove(Preload);
        daemon.Variables.Remove(Offset);
    }
}
