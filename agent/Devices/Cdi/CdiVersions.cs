namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// The released versions of the specification, in their order. What a file uses must be in the version it declares
/// (CDI SPEC.md, "Released versions").
/// </summary>
internal static class CdiVersions
{
    public const string Base = "0.3.0";

    private static readonly string[] s_released =
        ["0.1.0", "0.2.0", Base, "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0"];

    public static bool IsReleased(string version) => Array.IndexOf(s_released, version) >= 0;

    /// <summary>The later of two released versions.</summary>
    public static string Later(string one, string other) =>
        Array.IndexOf(s_released, one) >= Array.IndexOf(s_released, other) ? one : other;
}
