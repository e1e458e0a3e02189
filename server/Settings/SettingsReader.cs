using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Edge.Proto;

namespace Edge.Server.Settings;

/// <summary>The settings, or everything that is wrong with them; never a part.</summary>
internal abstract record SettingsResult
{
    private SettingsResult()
    {
    }

    internal sealed record Valid(ServerSettings Settings) : SettingsResult;

    internal sealed record Invalid(IReadOnlyList<string> Errors) : SettingsResult;
}

/// <summary>
/// Turns texts into settings: flags win over the file, the file over defaults. Nothing is silently repaired.
/// </summary>
internal sealed partial class SettingsReader
{
    private const int PortMin = 1;
    private const int PortMax = 65535;

    /// <summary>The oldest kubectl that is promised, and room for those to come.</summary>
    private const int MinorMin = 27;
    private const int MinorMax = 99;

    /// <summary>Below this a lost packet would look like a lost node; above a day nothing is monitored.</summary>
    private const int GraceMin = 1;
    private const int GraceMax = 86400;

    /// <summary>More objects than that no store of this server holds.</summary>
    private const int EndedPodsMax = 1_000_000;

    /// <summary>Fifty years: who wants more wants keys that are never changed.</summary>
    private const int KeyRotationMax = 50 * 365 * 86400;

    private readonly List<string> _errors = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _flags;
    private readonly Dictionary<string, IReadOnlyList<string>> _file;

    private readonly string? _secretKeyCredential;

    private SettingsReader(
        string? path, string? yaml, IReadOnlyDictionary<SettingName, IReadOnlyList<string>> flags,
        string? secretKeyCredential)
    {
        _secretKeyCredential = secretKeyCredential;
        _flags = flags.ToDictionary(flag => flag.Key.Key, flag => flag.Value);
        _file = path is null || yaml is null ? [] : SettingsFile.Read(path, yaml, SettingName.Repeating, _errors);
    }

    /// <param name="path">The file's name, for messages; null when there is none.</param>
    /// <param name="yaml">The file's text.</param>
    /// <param name="flags">Values given on the command line.</param>
    /// <param name="secretKeyCredential">The file in which systemd gives the key, if it does.</param>
    public static SettingsResult Read(
        string? path, string? yaml, IReadOnlyDictionary<SettingName, IReadOnlyList<string>> flags,
        string? secretKeyCredential = null)
    {
        var reader = new SettingsReader(path, yaml, flags, secretKeyCredential);
        var settings = reader.Build();
        return reader._errors.Count == 0
            ? new SettingsResult.Valid(settings)
            : new SettingsResult.Invalid(reader._errors);
    }

    private ServerSettings Build()
    {
        var dataDir = Directory(SettingName.DataDir);
        return new ServerSettings
        {
            DataDir = dataDir,
            RunDir = Directory(SettingName.RunDir),
            Listen = [.. Values(SettingName.Listen).Select(EndPoint)],
            AdvertiseAddresses = [.. Values(SettingName.AdvertiseAddress).Select(Host)],
            BrokerPort = Number(SettingName.BrokerPort, PortMin, PortMax),
            Broker = Values(SettingName.Broker) is [var broker] ? BrokerOf(broker) : null,
            StartsBroker = StartsBroker(),
            BrokerCaFile = FileOf(SettingName.BrokerCaFile),
            BrokerUser = BrokerUser(),
            BrokerPasswordFile = FileOf(SettingName.BrokerPasswordFile),
            VersionMinor = Number(SettingName.VersionMinor, MinorMin, MinorMax),
            NodeMonitorGracePeriod =
                TimeSpan.FromSeconds(Number(SettingName.NodeMonitorGracePeriod, GraceMin, GraceMax)),
            DefaultNotReadyTolerationSeconds = Seconds(SettingName.NotReadyToleration),
            DefaultUnreachableTolerationSeconds = Seconds(SettingName.UnreachableToleration),
            NodeKeyRotation = TimeSpan.FromSeconds(Number(SettingName.NodeKeyRotation, 0, KeyRotationMax)),
            TerminatedPodGcThreshold = Number(SettingName.TerminatedPodGcThreshold, 0, EndedPodsMax),
            GpuNodeTaint = Values(SettingName.GpuNodeTaint) is [var taint] ? TaintOf(taint) : null,
            SecretKeyFile = Values(SettingName.SecretKeyFile) is [_]
                ? Directory(SettingName.SecretKeyFile)
                : _secretKeyCredential ?? Path.Combine(dataDir, "pki", "secrets.key"),
            GpuMap = Values(SettingName.GpuSharingConfig) is [var map] ? ConfigMap(map) : null,
        };
    }

    private IReadOnlyList<string> Values(SettingName name) =>
        _flags.GetValueOrDefault(name.Key) ?? _file.GetValueOrDefault(name.Key) ?? name.Default;

    private string ConfigMap(string value)
    {
        if (value.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            Wrong(SettingName.GpuSharingConfig, value, "NAMESPACE/NAME");
        }

        return value;
    }

    private string Directory(SettingName name)
    {
        var value = Values(name)[0];
        if (!Path.IsPathRooted(value))
        {
            Wrong(name, value, "an absolute path");
        }

        return value;
    }

    private int Number(SettingName name, int min, int max)
    {
        var value = Values(name)[0];
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max)
        {
            return number;
        }

        Wrong(name, value, $"a number from {min} to {max}");
        return min;
    }

    private bool StartsBroker()
    {
        var value = Values(SettingName.BrokerStart)[0];
        if (value is not ("self" or "unit"))
        {
            Wrong(SettingName.BrokerStart, value, "self or unit");
        }

        return value == "self";
    }

    private (string Key, string Value, string Effect)? TaintOf(string value)
    {
        var match = Taint().Match(value);
        if (match.Success)
        {
            return (match.Groups["key"].Value, match.Groups["value"].Value, match.Groups["effect"].Value);
        }

        Wrong(
            SettingName.GpuNodeTaint, value,
            "KEY[=VALUE]:EFFECT with the effect NoSchedule, PreferNoSchedule or NoExecute");
        return null;
    }

    private int? Seconds(SettingName name) => Values(name) is [_] ? Number(name, 0, int.MaxValue) : null;

    private IPEndPoint EndPoint(string value)
    {
        if (IPEndPoint.TryParse(value, out var point) && point.Port >= PortMin)
        {
            return point;
        }

        Wrong(SettingName.Listen, value, $"an IP address and a port from {PortMin} to {PortMax}, such as 0.0.0.0:6443");
        return new IPEndPoint(IPAddress.Any, PortMax);
    }

    private string Host(string value)
    {
        if (Uri.CheckHostName(value) == UriHostNameType.Unknown)
        {
            Wrong(SettingName.AdvertiseAddress, value, "a host name or an IP address");
        }

        return value;
    }

    private string BrokerOf(string value)
    {
        if (!value.StartsWith('/')
            && (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme != "mqtts" || url.Host.Length == 0
                || url.Port < PortMin || url.PathAndQuery.Length > 1 || url.UserInfo.Length > 0))
        {
            Wrong(SettingName.Broker, value, "mqtts://host:port or the absolute path of a unix socket");
        }

        return value;
    }

    /// <summary>What is said of the broker is of no use for the one that this server runs.</summary>
    private string? BrokerUser()
    {
        var isOurs = Values(SettingName.Broker) is [];
        foreach (var name in (ReadOnlySpan<SettingName>)
            [SettingName.BrokerCaFile, SettingName.BrokerUser, SettingName.BrokerPasswordFile])
        {
            if (isOurs && Values(name) is [var value])
            {
                Wrong(name, value, $"of use without {SettingName.Broker.Key} ({SettingName.Broker.Flag})");
            }
        }

        if (Values(SettingName.BrokerUser).Count != Values(SettingName.BrokerPasswordFile).Count)
        {
            _errors.Add("brokerUser (--broker-user) and brokerPasswordFile (--broker-password-file) go together");
        }

        return Values(SettingName.BrokerUser) is [var user] ? user : null;
    }

    private string? FileOf(SettingName name) => Values(name) is [_] ? Directory(name) : null;

    private void Wrong(SettingName name, string value, string wanted) =>
        _errors.Add($"{name.Key} ({name.Flag}): \"{value}\" is not {wanted}");

    /// <summary>As the kubelet reads its taints: a qualified name, a label's value, and what it does.</summary>
    [GeneratedRegex(
        "^(?<key>([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)"
        + "(=(?<value>[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?))?"
        + ":(?<effect>NoSchedule|PreferNoSchedule|NoExecute)$")]
    private static partial Regex Taint();
}
