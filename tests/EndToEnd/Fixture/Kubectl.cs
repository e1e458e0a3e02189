using System.Collections.Concurrent;
using System.Diagnostics;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>The real kubectl of one version, as the fleet's administrator, inside the hub's network.</summary>
public sealed class Kubectl(Fleet fleet, string version)
{
    public const string Newest = "1.33";

    private static readonly ConcurrentDictionary<string, string?> _located = new();

    private static readonly TimeSpan PodDeadline = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Several versions lie beside the one on the search path, named after their minor version; null when this one
    /// does not, and the one on the search path is another.
    /// </summary>
    public static string? Locate(string version) => _located.GetOrAdd(version, Look);

    private static string? Look(string version)
    {
        if (Parts.Find("kubectl") is not { } found)
        {
            return null;
        }

        var real = File.ResolveLinkTarget(found, returnFinalTarget: true)?.FullName ?? found;
        var beside = Path.Combine(Path.GetDirectoryName(real)!, $"kubectl.{version}");
        return File.Exists(beside) && Is(beside, version) ? beside : Is(real, version) ? real : null;
    }

    /// <summary>What a file is called says nothing of what it is.</summary>
    private static bool Is(string kubectl, string version)
    {
        using var process = Process.Start(new ProcessStartInfo(kubectl, ["version", "--client", "-o", "json"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Contains($"\"gitVersion\": \"v{version}.", StringComparison.Ordinal);
    }

    /// <summary>Runs it; the caller looks at how it ended.</summary>
    public Task<ToolResult> Try(params string[] arguments) => Run(arguments, null);

    /// <summary>Runs it with something to read on its standard input (<c>-f -</c>).</summary>
    public Task<ToolResult> TryWith(string input, params string[] arguments) => Run(arguments, input);

    public async Task<string> Do(params string[] arguments) => (await Run(arguments, null)).Ok();

    public async Task<string> DoWith(string input, params string[] arguments) => (await Run(arguments, input)).Ok();

    public Task<string> Apply(string manifest) => DoWith(manifest, "apply", "-f", "-");

    /// <summary>Runs it with a terminal of its own, by script(1), which types the input.</summary>
    public Task<ToolResult> TryInTerminal(string input, params string[] arguments) => fleet.InHub(
        ["script", "-qec", string.Join(' ', Command(arguments).Select(word => $"'{word}'")), "/dev/null"], input);

    /// <summary>
    /// <c>kubectl edit</c> with an editor that makes one change; in the environment, as a person has it.
    /// </summary>
    public async Task<string> Edit(string what, string change) => (await fleet.InHub(
        ["env", $"KUBE_EDITOR=sed -i -e '{change}'", .. Command("edit", what)])).Ok();

    /// <summary>One value of one object, by JSONPath.</summary>
    public Task<string> Field(string what, string path) => Do("get", what, "-o", $"jsonpath={{{path}}}");

    public Task UntilNodeReady(string node) => Until(
        $"node/{node}", ".status.conditions[?(@.type=='Ready')].status", "True", PodDeadline);

    public Task UntilPodReady(string pod) => Until(
        $"pod/{pod}", ".status.conditions[?(@.type=='Ready')].status", "True", PodDeadline);

    public Task UntilPhase(string pod, string phase) => Until($"pod/{pod}", ".status.phase", phase, PodDeadline);

    /// <summary>The reason why a pod's first container waits, as <c>kubectl get pods</c> shows it.</summary>
    public Task UntilWaiting(string pod, params string[] reasons) => Until(
        $"pod/{pod}", ".status.containerStatuses[0].state.waiting.reason", reasons, PodDeadline);

    public Task Until(string what, string path, string value, TimeSpan within) => Until(what, path, [value], within);

    /// <summary>Deletes and waits until the API has none of it any more.</summary>
    public Task Delete(params string[] what) =>
        Do(["delete", .. what, "--ignore-not-found", "--wait=true", "--timeout=60s"]);

    private async Task Until(string what, string path, IReadOnlyList<string> values, TimeSpan within)
    {
        var last = "";
        try
        {
            await Tool.Until(within, $"{what} {path} is {string.Join(" or ", values)}", async () =>
                values.Contains(last = await Field(what, path)));
        }
        catch (TimeoutException late)
        {
            var all = await Try("get", what, "-o", "yaml");
            throw new TimeoutException($"{late.Message}\nit is '{last}':\n{all.All}", late);
        }
    }

    private Task<ToolResult> Run(IReadOnlyList<string> arguments, string? input) =>
        fleet.InHub([.. Command([.. arguments])], input);

    private IEnumerable<string> Command(params string[] arguments)
    {
        var binary = Locate(version) ?? throw new InvalidOperationException($"kubectl {version} is not there");
        var cache = Path.Combine(fleet.Home, "kubectl", version);
        return [binary, "--kubeconfig", fleet.Kubeconfig, "--cache-dir", cache, "--request-timeout=60s", .. arguments];
    }
}
