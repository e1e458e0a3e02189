using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>
/// Kubernetes' own JavaScript client, which npm puts into a cache outside the repository when it is not there yet.
/// </summary>
public static class ClientNode
{
    private const string Version = "1.4.0";

    private static readonly Lazy<Task<string?>> s_missing = new(Install);

    /// <summary>Where the package lies. <c>EDGE_CLIENT_NODE</c> names a folder that npm installed it into.</summary>
    private static string Folder { get; } = Environment.GetEnvironmentVariable("EDGE_CLIENT_NODE")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "edge-tests",
            $"client-node-{Version}");

    private static string Package => Path.Combine(Folder, "node_modules", "@kubernetes", "client-node");

    private static string Script => Path.Combine(Repository.Root, "tests", "EndToEnd", "ClientNode", "steps.mjs");

    /// <summary>Skips the test, and says why, where node or the package cannot be had.</summary>
    public static async Task Require()
    {
        var missing = await s_missing.Value;
        Skip.If(missing is not null, missing);
    }

    /// <summary>One step of the script, as the fleet's administrator, inside the hub's network.</summary>
    public static Task<ToolResult> Run(Fleet fleet, string step) =>
        fleet.InHub(["node", Script, Package, fleet.Kubeconfig, step]);

    /// <summary>Null when everything is there.</summary>
    private static async Task<string?> Install()
    {
        if (Parts.Find("node") is null)
        {
            return "node is not installed";
        }

        if (Directory.Exists(Package))
        {
            return null;
        }

        if (Parts.Find("npm") is null)
        {
            return $"@kubernetes/client-node is not in {Folder}, and npm is not installed";
        }

        // Beside, and moved once it is whole: half a package would pass for one in every later run.
        var draft = $"{Folder}.{Environment.ProcessId}";
        Directory.CreateDirectory(draft);
        try
        {
            var made = await Tool.Run(
                "npm", "install", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", draft,
                $"@kubernetes/client-node@{Version}");
            if (made.ExitCode != 0)
            {
                return $"@kubernetes/client-node cannot be installed: {made.All}";
            }

            Directory.Move(draft, Folder);
            return null;
        }
        catch (TimeoutException)
        {
            return "@kubernetes/client-node cannot be installed: npm does not end";
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }
    }
}
