using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Edge.Server.Api.Discovery;

/// <summary>The body of /version. Clients choose features by its minor.</summary>
internal static class VersionInfo
{
    public static JsonObject Of(int minor)
    {
        var architecture = RuntimeInformation.OSArchitecture == Architecture.X64 ? "amd64" : "arm64";
        return new JsonObject
        {
            ["major"] = "1",
            ["minor"] = minor.ToString(),
            // Build metadata keeps Helm's version comparison right; a pre-release suffix would not.
            ["gitVersion"] = $"v1.{minor}.0+edge",
            ["gitCommit"] = "",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "1970-01-01T00:00:00Z",
            ["goVersion"] = "",
            ["compiler"] = "",
            ["platform"] = $"linux/{architecture}",
        };
    }
}
