using Edge.Server;
using Edge.Server.Settings;

namespace Edge.Tests.Server;

/// <summary>What a person types after <c>edge-server run</c>.</summary>
public sealed class CommandLineTests
{
    private static readonly string[] Flags = ["run", "--data-dir", "/data", "--run-dir", "/run/x"];

    [Fact]
    public async Task Flags_of_one_value_and_of_several_become_settings()
    {
        var taken = default(ServerSettings);

        var code = await CommandLine.Run(
            [.. Flags, "--advertise-address", "10.0.0.1", "--advertise-address", "hub.example"],
            (settings, _) =>
            {
                taken = settings;
                return Task.CompletedTask;
            });

        Assert.Equal(0, code);
        Assert.Equal(("/data", "/run/x"), (taken?.DataDir, taken?.RunDir));
        Assert.Equal(["10.0.0.1", "hub.example"], taken?.AdvertiseAddresses);
    }

    [Fact]
    public async Task A_flag_of_one_value_given_twice_is_refused()
    {
        var code = await CommandLine.Run([.. Flags, "--data-dir", "/other"], (_, _) => Task.CompletedTask);

        Assert.NotEqual(0, code);
    }
}
