using System.Collections.Concurrent;
using System.Diagnostics;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>The real kubectl of one version, as the fleet's administrator, inside the hub's network.</summary>
public sealed record Kubectl(Fleet Fleet, string Version)
{
    public const string Newest = "1.33";

    /// <summary>The versions that Edge promises to serve.</summary>
    public static readonly IReadOnlyList<string> Promised = ["1.28", "1.30", "1.32", Newest];

    private static readonly ConcurrentDictionary<string, string?> _located = new();

    private static readonly TimeSpan PodDeadline = TimeSpan.FromSeconds(60);

    /// <summary>Where it looks when nobody says; empty for what the kubeconfig says.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The versions, for a theory.</summary>
    public static TheoryData<string> Versions() => [.. Promised];

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

    /// <summary>Runs it with settings of its own in the environment, each as <c>NAME=value</c>.</summary>
    public Task<ToolResult> Run(
        IReadOnlyList<string> arguments, string? input, IReadOnlyList<string>? environment = null) =>
        Fleet.InHub(["env", .. environment ?? [], .. Command([.. arguments])], input);

    /// <summary>Runs it; the caller looks at how it ended.</summary>
    public Task<ToolResult> Try(params string[] arguments) => Run(arguments, null);

    /// <summary>Runs it with something to read on its standard input (<c>-f -</c>).</summary>
    public Task<ToolResult> TryWith(string input, params string[] arguments) => Run(arguments, input);

    public async Task<string> Do(params string[] arguments) => (await Run(arguments, null)).Ok();

    public async Task<string> DoWith(string input, params string[] arguments) => (await Run(arguments, input)).Ok();

    public Task<string> Apply(string manifest) => DoWith(manifest, "apply", "-f", "-");

    /// <summary>Runs it with a terminal of its own, by script(1), which types the input.</summary>
    public Task<ToolResult> TryInTerminal(string input, params string[] arguments) => Fleet.InHub(
        ["script", "-qec", string.Join(' ', Command(arguments).Select(word => $"'{word}'")), "/dev/null"], input);

    /// <summary>
    /// <c>kubectl edit</c> with an editor that makes one change; in the environment, as a person has it.
    /// </summary>
    public async Task<string> Edit(string what, string change) =>
        (await Run(["edit", what], null, [$"KUBE_EDITOR=sed -i -e '{change}'"])).Ok();

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


    private IEnumerable<string> Command(params string[] arguments)
    {
        var binary = Locate(Version) ?? throw new InvalidOperationException($"kubectl {Version} is not there");
        var cache = Path.Combine(Fleet.Home, "kubectl", Version);
        IReadOnlyList<string> where = Namespace.Length == 0 ? [] : ["--namespace", Namespace];
        return
        [
            binary, "--kubeconfig", Fleet.Kubeconfig, "--cache-dir", cache, "--request-timeout=60s", .. where,
            .. arguments,
        ];
    }
}
