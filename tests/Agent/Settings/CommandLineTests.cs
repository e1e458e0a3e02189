using Edge.Agent.Settings;

namespace Edge.Tests.Agent.Settings;

/// <summary>What a person types after <c>edge-agent run</c>.</summary>
public sealed class CommandLineTests
{
    private static readonly string Hash = "sha256:" + new string('0', 64);

    private static readonly string[] Flags =
    [
        "run", "--node-name", "shed", "--data-dir", "/data", "--run-dir", "/run/x", "--server", "https://hub:6443",
        "--token", "abcdef.0123456789abcdef", "--ca-cert-hash", Hash,
    ];

    [Fact]
    public async Task Flags_of_one_value_and_of_several_become_settings()
    {
        var taken = default(AgentSettings);

        var code = await CommandLine.Run(
            [.. Flags, "--insecure-registry", "a:5000", "--insecure-registry", "b:5000"],
            (settings, _) =>
            {
                taken = settings;
                return Task.FromResult(0);
            });

        Assert.Equal(0, code);
        Assert.Equal(("shed", "/data", "/run/x"), (taken?.NodeName, taken?.DataDir, taken?.RunDir));
        Assert.Equal(["a:5000", "b:5000"], taken?.InsecureRegistries);
    }

    [Fact]
    public async Task A_flag_of_one_value_given_twice_is_refused()
    {
        var code = await CommandLine.Run([.. Flags, "--node-name", "barn"], (_, _) => Task.FromResult(0));

        Assert.NotEqual(0, code);
    }
}
