namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>The parts of the real world that the fleet is made of, and what is missing of them here.</summary>
public static class Parts
{
    private static readonly string[] Programs =
    [
        "containerd", "ctr", "runc", "mosquitto", "docker-registry", "kubectl", "nft", "ip", "nsenter", "busybox",
        "openssl", "script",
    ];

    private static readonly Lazy<string?> Found = new(Look);

    /// <summary>Null when everything is there.</summary>
    public static string? Missing() => Found.Value;

    /// <summary>Where a program of this name lies on the search path.</summary>
    public static string? Find(string program) => ((string[])
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"])
        .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    private static string? Look()
    {
        if (Environment.UserName != "root")
        {
            return "the fleet needs root";
        }

        foreach (var program in Programs)
        {
            if (Find(program) is null)
            {
                return $"{program} is not installed";
            }
        }

        if (Kubectl.Locate(Kubectl.Newest) is null)
        {
            return $"kubectl {Kubectl.Newest} is not installed";
        }

        foreach (var binary in (string[])[Fleet.ServerBinary, Fleet.AgentBinary])
        {
            if (!File.Exists(binary))
            {
                return $"{binary} is not there; publish first (packaging/dev publish)";
            }
        }

        return File.Exists("/usr/lib/cni/ptp") ? null : "the CNI plugins are not installed";
    }
}
