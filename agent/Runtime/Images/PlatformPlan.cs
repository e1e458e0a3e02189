using System.Runtime.InteropServices;

namespace Edge.Agent.Runtime.Images;

/// <summary>Chooses the manifest of an index that runs on a platform. Pure.</summary>
internal static class PlatformPlan
{
    /// <summary>The platform of this process, in Go's words.</summary>
    public static ImagePlatform Own { get; } = RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => new ImagePlatform("linux", "amd64"),
        Architecture.X86 => new ImagePlatform("linux", "386"),
        Architecture.Arm64 => new ImagePlatform("linux", "arm64", "v8"),
        Architecture.Arm => new ImagePlatform("linux", "arm", "v7"),
        Architecture.Armv6 => new ImagePlatform("linux", "arm", "v6"),
        Architecture.LoongArch64 => new ImagePlatform("linux", "loong64"),
        Architecture.RiscV64 => new ImagePlatform("linux", "riscv64"),
        Architecture.Ppc64le => new ImagePlatform("linux", "ppc64le"),
        Architecture.S390x => new ImagePlatform("linux", "s390x"),
        var other => new ImagePlatform("linux", other.ToString().ToLowerInvariant()),
    };

    /// <summary>The best match, the first of equals, or null. Entries without a platform come last.</summary>
    public static OciDescriptor? Choose(IReadOnlyList<OciDescriptor> manifests, ImagePlatform wanted) =>
        manifests
            .Where(manifest => Score(manifest.Platform, wanted) > 0)
            .MaxBy(manifest => Score(manifest.Platform, wanted));

    /// <summary>True when a configuration that names its platform may run there; one that names none may.</summary>
    public static bool Runs(OciImageConfig config, ImagePlatform wanted) =>
        config.Architecture.Length == 0 || Score(
            new OciPlatform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant },
            wanted) > 0;

    private static int Score(OciPlatform? offered, ImagePlatform wanted)
    {
        if (offered is null || (offered.Os.Length == 0 && offered.Architecture.Length == 0))
        {
            return 1;
        }

        if (offered.Os != wanted.Os || offered.Architecture != wanted.Architecture)
        {
            return 0;
        }

        return wanted.Architecture switch
        {
            // A v7 core runs v6 and v5 code; the nearest is best.
            "arm" => ArmLevel(offered.Variant) is var level && level <= ArmLevel(wanted.Variant) ? 10 + level : 0,
            "arm64" => offered.Variant is null or "" or "v8" ? 10 : 0,
            "amd64" => offered.Variant is null or "" or "v1" ? 10 : 0,
            _ => 10,
        };
    }

    private static int ArmLevel(string? variant) =>
        variant is ['v', var digit] && char.IsAsciiDigit(digit) ? digit - '0' : 7;
}
