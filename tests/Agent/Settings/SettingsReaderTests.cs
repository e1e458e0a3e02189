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
            profile: frugal
            keepAliveSeconds: 0
            colour: blue
            """;

        var invalid = Assert.IsType<SettingsResult.Invalid>(Read(Yaml));

        Assert.Equal(9, invalid.Errors.Count);
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

    [Theory]
    [InlineData("", 120, false)]
    [InlineData("profile: standard", 120, false)]
    [InlineData("profile: eco", 600, true)]
    [InlineData("profile: eco\nkeepAliveSeconds: 60", 60, true)]
    public void The_eco_profile_sets_what_is_not_set_beside_it(string yaml, int keepAlive, bool isEco)
    {
        var valid = Assert.IsType<SettingsResult.Valid>(Read(yaml));

        Assert.Equal((TimeSpan.FromSeconds(keepAlive), isEco), (valid.Settings.KeepAlive, valid.Settings.IsEco));
    }

    [Fact]
    public void Without_a_name_the_node_is_called_as_its_host()
    {
        var valid = Assert.IsType<SettingsResult.Valid>(Read(""));

        Assert.Equal("the-host", valid.Settings.NodeName);
        Assert.Equal(3, valid.Settings.MissingForEnrolment().Count);
    }

    [Fact]
    public void A_node_with_static_pods_and_no_word_of_a_server_runs_alone()
    {
        var alone = Assert.IsType<SettingsResult.Valid>(Read("staticPodPath: /etc/edge/manifests")).Settings;
        Assert.True(alone.IsAlone);
        Assert.Empty(alone.MissingForEnrolment());
        Assert.Equal("10.63.0.0/24", alone.PodCidr);

        var half = Assert.IsType<SettingsResult.Valid>(
            Read("staticPodPath: /etc/edge/manifests\nserver: https://hub:6443")).Settings;
        Assert.False(half.IsAlone);
        Assert.Equal(2, half.MissingForEnrolment().Count);
    }

    [Theory]
    [InlineData("staticPodPath: manifests", "staticPodPath (--static-pod-dir): \"manifests\" is not an absolute path")]
    [InlineData("podCIDR: fd00::/64", "podCIDR (--pod-cidr): \"fd00::/64\" is not an IPv4 network")]
    [InlineData("podCIDR: 10.63.0.0", "is not an IPv4 network")]
    public void What_makes_no_sense_of_a_node_alone_is_refused(string yaml, string error) =>
        Assert.Contains(error, Assert.Single(Assert.IsType<SettingsResult.Invalid>(Read(yaml)).Errors));

    private static SettingsResult Read(string yaml, params (SettingName Name, string Value)[] flags) =>
        SettingsReader.Read(
            "agent.yaml", yaml,
            flags.ToDictionary(flag => flag.Name, flag => (IReadOnlyList<string>)[flag.Value]), "The-Host");
}
