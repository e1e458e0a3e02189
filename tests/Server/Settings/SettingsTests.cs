using Edge.Server;
using Edge.Server.Settings;

namespace Edge.Tests.Server.Settings;

/// <summary>What a person writes into the settings file and on the command line.</summary>
public sealed class SettingsTests
{
    private static readonly Dictionary<SettingName, IReadOnlyList<string>> _noFlags = [];

    [Fact]
    public void The_key_that_systemd_gives_comes_before_our_own_file_and_after_what_is_set()
    {
        var directory = Directory.CreateTempSubdirectory("edge-credentials-");
        try
        {
            Assert.Null(CommandLine.Credential(null));
            Assert.Null(CommandLine.Credential(directory.FullName));
            var file = Path.Combine(directory.FullName, "edge-secrets-key");
            File.WriteAllText(file, "");
            Assert.Equal(file, CommandLine.Credential(directory.FullName));
            Assert.Equal(file, KeyFile("", file));
            Assert.Equal("/own/key", KeyFile("secretKeyFile: /own/key", file));
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        static string KeyFile(string yaml, string credential) => Assert.IsType<SettingsResult.Valid>(
            SettingsReader.Read("server.yaml", yaml, _noFlags, credential)).Settings.SecretKeyFile;
    }

    [Fact]
    public void Nothing_given_gives_the_defaults()
    {
        var settings = Valid(null, _noFlags);
        Assert.Equal("/var/lib/edge/server", settings.DataDir);
        Assert.Equal("mqtts://127.0.0.1:8883", settings.BrokerUrl);
        Assert.Equal("https://127.0.0.1:6443", settings.ApiUrl);
        Assert.Equal("/var/lib/edge/server/pki/secrets.key", settings.SecretKeyFile);
        Assert.Equal(TimeSpan.FromSeconds(40), settings.NodeMonitorGracePeriod);
        Assert.Equal(1000, settings.TerminatedPodGcThreshold);
        Assert.Equal(TimeSpan.FromDays(365), settings.NodeKeyRotation);
    }

    [Fact]
    public void Pods_stay_on_a_lost_node_unless_a_setting_says_for_how_long()
    {
        var settings = Valid(null, _noFlags);
        Assert.Null(settings.DefaultNotReadyTolerationSeconds);
        Assert.Null(settings.DefaultUnreachableTolerationSeconds);

        settings = Valid("defaultNotReadyTolerationSeconds: 0\n", new()
        {
            [SettingName.UnreachableToleration] = ["300"],
        });
        Assert.Equal((0, 300),
            (settings.DefaultNotReadyTolerationSeconds, settings.DefaultUnreachableTolerationSeconds));
    }

    [Fact]
    public void The_broker_is_started_by_the_server_or_by_its_own_unit()
    {
        Assert.True(Valid(null, _noFlags).StartsBroker);
        Assert.False(Valid(null, new() { [SettingName.BrokerStart] = ["unit"] }).StartsBroker);
        var wrong = Assert.IsType<SettingsResult.Invalid>(
            SettingsReader.Read("server.yaml", "brokerStart: nobody\n", _noFlags));
        Assert.Contains("self or unit", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nvidia.com/gpu=present:NoSchedule", "nvidia.com/gpu", "present", "NoSchedule")]
    [InlineData("gpu:PreferNoSchedule", "gpu", "", "PreferNoSchedule")]
    public void Nodes_with_GPUs_get_a_taint_when_a_setting_says_which(
        string text, string key, string value, string effect)
    {
        Assert.Null(Valid(null, _noFlags).GpuNodeTaint);
        Assert.Equal((key, value, effect), Valid(null, new() { [SettingName.GpuNodeTaint] = [text] }).GpuNodeTaint);
    }

    [Theory]
    [InlineData("nvidia.com/gpu")]
    [InlineData("nvidia.com/gpu=present")]
    [InlineData("nvidia.com/gpu=present:Never")]
    [InlineData("-gpu:NoSchedule")]
    [InlineData("gpu=a b:NoSchedule")]
    public void A_taint_that_is_none_is_an_error(string text)
    {
        var wrong = Assert.IsType<SettingsResult.Invalid>(
            SettingsReader.Read("server.yaml", $"gpuNodeTaint: {text}\n", _noFlags));
        Assert.Contains(
            "is not KEY[=VALUE]:EFFECT with the effect", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_a_file_without_settings() =>
        Assert.Equal(33, Valid("# nothing yet\n", _noFlags).VersionMinor);

    [Fact]
    public void A_flag_wins_over_the_file_and_does_not_add_to_it()
    {
        var settings = Valid("advertiseAddresses: [10.0.0.1, 10.0.0.2]\nbrokerPort: 1\n", new()
        {
            [SettingName.AdvertiseAddress] = ["hub.example"],
        });
        Assert.Equal(["hub.example"], settings.AdvertiseAddresses);
        Assert.Equal(1, settings.BrokerPort);
    }

    [Fact]
    public void An_address_of_version_6_is_bracketed_in_urls() =>
        Assert.Equal("mqtts://[fd00::1]:8883", Valid("advertiseAddresses: \"fd00::1\"\n", _noFlags).BrokerUrl);

    [Fact]
    public void A_wholly_wrong_file_reports_every_error_at_once()
    {
        const string yaml = """
            dataDir: relative/dir
            runDir: [/run/a, /run/b]
            listen: ["0.0.0.0:6443", "nowhere"]
            advertiseAddresses: "not a host"
            brokerPort: 70000
            broker: http://example
            brokerCaFile: ca.crt
            brokerUser: edge
            versionMinor: 26
            nodeMonitorGracePeriod: soon
            nodeKeyRotation: yearly
            terminatedPodGcThreshold: -1
            secretKeyFile: key
            secretKeyFile: /again
            colour: {of: [the, box]}
            """;
        string[] wanted =
        [
            "server.yaml:2: runDir must be one value",
            "server.yaml:14: secretKeyFile stands twice",
            "server.yaml:15: unknown setting \"colour\"",
            "dataDir (--data-dir): \"relative/dir\" is not an absolute path",
            "listen (--listen): \"nowhere\" is not",
            "advertiseAddresses (--advertise-address): \"not a host\" is not",
            "brokerPort (--broker-port): \"70000\" is not a number from 1 to 65535",
            "broker (--broker): \"http://example\" is not mqtts://host:port or the absolute path of a unix socket",
            "brokerCaFile (--broker-ca-file): \"ca.crt\" is not an absolute path",
            "brokerUser (--broker-user) and brokerPasswordFile (--broker-password-file) go together",
            "versionMinor (--version-minor): \"26\" is not",
            "nodeMonitorGracePeriod (--node-monitor-grace-period): \"soon\" is not",
            "nodeKeyRotation (--node-key-rotation): \"yearly\" is not a number from 0 to 1576800000",
            "terminatedPodGcThreshold (--terminated-pod-gc-threshold): \"-1\" is not a number from 0 to 1000000",
            "secretKeyFile (--secret-key-file): \"key\" is not an absolute path",
        ];

        var errors = Invalid(yaml);

        foreach (var start in wanted)
        {
            Assert.Contains(errors, error => error.StartsWith(start, StringComparison.Ordinal));
        }

        Assert.Equal(wanted.Length, errors.Count);
    }

    [Theory]
    [InlineData("/run/mosquitto/edge.sock")]
    [InlineData("mqtts://localhost:8883")]
    [InlineData("mqtts://127.0.0.1:8883")]
    [InlineData("mqtts://[::1]:8883")]
    public void A_broker_on_this_machine_is_taken_and_nodes_dial_this_machine(string broker)
    {
        var settings = Valid($"broker: \"{broker}\"\nadvertiseAddresses: hub.example\n", _noFlags);
        Assert.Equal(broker, settings.Broker);
        Assert.Equal("mqtts://hub.example:8883", settings.BrokerUrl);
    }

    [Theory]
    [InlineData("mqtts://broker.example:8883")]
    [InlineData("mqtts://192.0.2.1:8883")]
    [InlineData("mqtts://localhost.example:8883")]
    public void A_broker_elsewhere_is_what_nodes_dial(string broker)
    {
        var settings = Valid($"""
            broker: "{broker}"
            brokerCaFile: /etc/edge/broker-ca.crt
            brokerUser: edge
            brokerPasswordFile: /etc/edge/broker-password
            """, _noFlags);
        Assert.Equal((broker, broker), (settings.Broker, settings.BrokerUrl));
        Assert.Equal(("edge", "/etc/edge/broker-password"), (settings.BrokerUser, settings.BrokerPasswordFile));
        Assert.Equal("/etc/edge/broker-ca.crt", settings.BrokerCaFile);
    }

    [Fact]
    public void What_is_said_of_another_broker_is_refused_where_there_is_none()
    {
        var errors = Invalid("brokerUser: edge\nbrokerPasswordFile: /password\n");
        Assert.Equal(
            [
                "brokerUser (--broker-user): \"edge\" is not of use without broker (--broker)",
                "brokerPasswordFile (--broker-password-file): \"/password\" is not of use without broker (--broker)",
            ],
            errors);
    }

    [Theory]
    [InlineData("- dataDir\n", "must be a mapping")]
    [InlineData("dataDir: [\n", "not YAML")]
    [InlineData("dataDir: {a: b}\n", "must be one value")]
    [InlineData("listen: []\n", "listen")]
    [InlineData("advertiseAddresses: []\n", "advertiseAddresses")]
    [InlineData("[a, b]: c\n", "server.yaml")]
    [InlineData("dataDir: \"\"\n", "absolute path")]
    [InlineData("listen: 127.0.0.1\n", "an IP address and a port")]
    public void A_file_of_the_wrong_form_is_refused(string yaml, string says) =>
        Assert.Contains(says, Assert.Single(Invalid(yaml)));

    [Fact]
    public void Every_setting_has_its_own_key_flag_and_help()
    {
        Assert.Equal(SettingName.All.Count, SettingName.All.Select(name => name.Key).Distinct().Count());
        Assert.Equal(SettingName.All.Count, SettingName.All.Select(name => name.Flag).Distinct().Count());
        Assert.DoesNotContain(SettingName.All, name => name.Help.Length == 0);
    }

    private static ServerSettings Valid(string? yaml, Dictionary<SettingName, IReadOnlyList<string>> flags) =>
        Assert.IsType<SettingsResult.Valid>(SettingsReader.Read("server.yaml", yaml, flags)).Settings;

    private static IReadOnlyList<string> Invalid(string yaml) =>
        Assert.IsType<SettingsResult.Invalid>(SettingsReader.Read("server.yaml", yaml, _noFlags)).Errors;
}
