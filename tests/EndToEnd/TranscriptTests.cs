using System.Collections.Concurrent;
using System.Diagnostics;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// Every command of kubectl whose kinds exist, by the oldest and the newest version that Edge promises and, where there
/// is time, by all of them, on nodes that nobody reaches.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class TranscriptTests(Fleet fleet) : IAsyncLifetime
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>
    /// All commands by all four versions take four minutes of two cores, which are kubectl's own.
    /// </summary>
    private static readonly IReadOnlyList<string> s_versions =
        Fleet.HasTime ? Kubectl.Promised : [Kubectl.Promised[0], Kubectl.Newest];

    /// <summary>They cordon and drain the node that all versions use, so these wait for one another.</summary>
    private const string Alone = "nodes";

    public static TheoryData<string> All() => [.. Transcript.Names];

    public Task InitializeAsync() => fleet.CloseDoors();

    public Task DisposeAsync() => fleet.OpenDoors();

    [SkippableTheory]
    [MemberData(nameof(All))]
    public async Task Every_command_of_every_version_answers_as_its_transcript_says(string name)
    {
        Fleet.Require();
        var there = s_versions.Where(version => Kubectl.Locate(version) is not null).ToList();
        var faults = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            there,
            new ParallelOptions { MaxDegreeOfParallelism = name == Alone ? 1 : s_versions.Count },
            async (version, _) =>
            {
                foreach (var fault in await Faults(name, version))
                {
                    faults.Add($"kubectl {version}, {name}.txt:{fault}");
                }
            });
        Assert.True(faults.IsEmpty, string.Join("\n\n", faults.Order()));
        var missing = s_versions.Except(there).ToList();
        Skip.If(missing.Count > 0, $"kubectl {string.Join(", ", missing)} is not on this machine");
    }

    private async Task<IReadOnlyList<string>> Faults(string name, string version)
    {
        var ns = $"{name}-{version.Replace('.', '-')}";
        var kubectl = fleet.Use(version) with { Namespace = ns };
        var transcript = Transcript.Read(name, await Values(ns, version));
        await kubectl.Do("create", "namespace", ns);
        var faults = new List<string>();
        foreach (var step in transcript.Steps.Where(step => IsKnown(step, version)))
        {
            if (await Fault(kubectl, step) is { } fault)
            {
                faults.Add($"{step.Line}: {fault}");
            }
        }

        // Nobody waits for what is left, and nothing of it lives longer than a second.
        await kubectl.Do("delete", "namespace", ns, "--wait=false");
        await kubectl.Do("delete", "pods", "--all", "--now", "--wait=false");
        return faults;
    }

    private static bool IsKnown(TranscriptStep step, string version) =>
        step.Since.Length == 0 || Version.Parse(version) >= Version.Parse(step.Since);

    /// <summary>Null when it answers as it must.</summary>
    private static async Task<string?> Fault(Kubectl kubectl, TranscriptStep step)
    {
        var words = Transcript.Words(step.Command);
        var environment = words.TakeWhile(word => word.Contains('=') && char.IsUpper(word[0])).ToList();
        var arguments = words.Skip(environment.Count).ToArray();
        var since = Stopwatch.StartNew();
        var between = Tool.Between();
        while (true)
        {
            var result = await kubectl.Run(arguments, step.Input.ToString(), environment);
            if (Holds(step, result))
            {
                return null;
            }

            if (step.Ending != Ending.Eventually || since.Elapsed > s_deadline)
            {
                return $"{step.Command}\nmust answer\n{string.Join('\n', step.Answer)}\n"
                    + $"and not, with exit code {result.ExitCode},\n{result.All}";
            }

            await Task.Delay(between());
        }
    }

    private static bool Holds(TranscriptStep step, ToolResult result) => step.Ending == Ending.Failure
        ? result.ExitCode != 0 && step.Answers(result.All)
        : result.ExitCode == 0 && step.Answers(result.Output);

    private async Task<Dictionary<string, string>> Values(string ns, string version)
    {
        var prefix = Path.Combine(fleet.Home, ns);
        var (key, request, certificate) = ($"{prefix}.key", $"{prefix}.csr", $"{prefix}.crt");
        (await Tool.Run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-keyout", key, "-out", request, "-subj", $"/O=team/CN={ns}")).Ok();
        (await Tool.Run(
            "openssl", "req", "-x509", "-key", key, "-subj", $"/CN={ns}", "-days", "9", "-out", certificate)).Ok();
        return new Dictionary<string, string>
        {
            ["ns"] = ns,
            ["version"] = version,
            ["node"] = fleet.Nodes[0].Name,
            ["idle"] = TestImages.Reference(TestImages.Idle),
            ["web"] = TestImages.Reference(TestImages.Web),
            ["web2"] = TestImages.Reference(TestImages.Web2),
            ["server"] = $"https://{Fleet.HubAddress}:6443",
            ["key"] = key,
            ["certificate"] = certificate,
            ["request"] = Convert.ToBase64String(await File.ReadAllBytesAsync(request)),
        };
    }
}
