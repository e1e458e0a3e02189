namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>The images that the fleet's registry holds, each under tag 1.</summary>
public static class TestImages
{
    /// <summary>Sleeps for ever; also carries a shell and the applets that tests need.</summary>
    public static readonly TestImage Idle = new("idle");

    /// <summary>Serves one page on port 8080.</summary>
    public static readonly TestImage Web = new("web") { Command = ["httpd", "-f", "-p", "8080", "-h", "/www"] };

    /// <summary>The same, to be rolled out after it.</summary>
    public static readonly TestImage Web2 = new("web2") { Command = Web.Command };

    /// <summary>For a machine that is not this one.</summary>
    public static readonly TestImage Foreign = new("foreign") { Architecture = "riscv64" };

    /// <summary>What the registry sends is not what the manifest promises.</summary>
    public static readonly TestImage Corrupt = new("corrupt") { Command = ["sleep", "1"], Corrupt = true };

    public static IReadOnlyList<TestImage> All => [Idle, Web, Web2, Foreign, Corrupt];

    public static string Reference(TestImage image) => $"{Fleet.Registry}/{image.Name}:1";
}
