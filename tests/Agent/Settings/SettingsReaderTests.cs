using Edge.Agent.Settings;

namespace Edge.Tests.Agent.Settings;

public sealed class SettingsReaderTests
{
    [Fact]
    public void A_wholly_wrong_file_gives_every_error_at_once()
    {
        const string Yaml = """
            dataDir: here
            nodeName: UPPER_case
            nodeIp: nowhere
            server: http://edge.example
            token: secret-token-text
            caCertHash: md5:1
            keepAliveSeconds: 0
            colour: blue
            """;

        var invalid = Assert.IsType<SettingsResult.Invalid>(Read(Yaml));

        Assert.Equal(8, invalid.Errors.Count);
        Assert.Contains(invalid.Errors, error => error.Contains("unknown setting \"colour\""));
        Assert.DoesNotContain(invalid.Errors, error => error.Contains("secret-token-text"));
    }

    [Fact]
    public void A_flag_wins_over_the_file_and_the_file_over_the_default()
    {
        var valid = Assert.IsType<SettingsResult.Valid>(
            Read("nodeName: from-file\nrunDir: /run/x", (SettingName.NodeName, "from-flag")));

        Assert.Equal("from-flag", valid.Settings.NodeName);
        Assert.Equal("/run/x", valid.Settings.RunDir);
        Assert.Equal("/var/lib/edge/agent", valid.Settings.DataDir);
    }

    [Fact]
    public void Without_a_name_the_node_is_called_as_its_host()
    {
        var valid = Assert.IsType<SettingsResult.Valid>(Read(""));

        Assert.Equal("the-host", valid.Settings.NodeName);
        Assert.Equal(3, valid.Settings.MissingForEnrolment().Count);
    }

    private static SettingsResult Read(string yaml, params (SettingName Name, string Value)[] flags) =>
        SettingsReader.Read(
            "agent.yaml", yaml,
            flags.ToDictionary(flag => flag.Name, flag => (IReadOnlyList<string>)[flag.Value]), "The-Host");
}
