using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Edge.Proto;

namespace Edge.Agent.Settings;

/// <summary>The settings, or everything that is wrong with them; never a part.</summary>
internal abstract record SettingsResult
{
    private SettingsResult()
    {
    }

    internal sealed record Valid(AgentSettings Settings) : SettingsResult;

    internal sealed record Invalid(IReadOnlyList<string> Errors) : SettingsResult;
}

/// <summary>
/// Turns texts into settings: flags win over the file, the file over defaults. Nothing is silently repaired.
/// </summary>
internal sealed partial class SettingsReader
{
    /// <summary>Below 10 s an idle node costs real traffic; above an hour a lost node goes unnoticed.</summary>
    private const int KeepAliveMin = 10;
    private const int KeepAliveMax = 3600;

    /// <summary>What the eco profile sets where nothing else does; every one may be set beside it.</summary>
    private static readonly Dictionary<string, IReadOnlyList<string>> s_eco = new()
    {
        [SettingName.KeepAliveSeconds.Key] = ["600"],
    };

    private readonly List<string> _errors = [];
    private readonly Dictionary<string, IReadOnlyList<string>> _flags;
    private readonly Dictionary<string, IReadOnlyList<string>> _file;
    private readonly string _hostName;

    private SettingsReader(
        string? path, string? yaml, IReadOnlyDictionary<SettingName, IReadOnlyList<string>> flags, string hostName)
    {
        _flags = flags.Keys.ToDictionary(setting => setting.Key, setting => flags[setting]);
        _file = path is null || yaml is null ? [] : SettingsFile.Read(path, yaml, SettingName.Repeating, _errors);
        _hostName = hostName;
        foreach (var setting in flags.Keys.Where(setting => flags[setting].Count > 1 && !setting.Repeats))
        {
            _errors.Add($"{setting.Key} ({setting.Flag}): stands twice");
        }
    }

    /// <param name="path">The file's name, for messages; null when there is none.</param>
    /// <param name="yaml">The file's text.</param>
    /// <param name="flags">Values given on the command line.</param>
    /// <param name="hostName">The node's name where none is given.</param>
    public static SettingsResult Read(
        string? path, string? yaml, IReadOnlyDictionary<SettingName, IReadOnlyList<string>> flags, string hostName)
    {
        var reader = new SettingsReader(path, yaml, flags, hostName);
        var settings = reader.Build();
        return reader._errors.Count == 0
            ? new SettingsResult.Valid(settings)
            : new SettingsResult.Invalid(reader._errors);
    }

    private AgentSettings Build() => new()
    {
        DataDir = Absolute(SettingName.DataDir),
        RunDir = Absolute(SettingName.RunDir),
        NodeName = Matching(
            SettingName.NodeName, One(SettingName.NodeName) ?? _hostName.ToLowerInvariant(), NodeNamePattern(),
            "a lower-case DNS name of at most 52 characters"),
        NodeIp = One(SettingName.NodeIp) is { } ip ? Address(ip) : null,
        Server = One(SettingName.Server) is { } url ? Https(url) : null,
        Token = One(SettingName.Token) is { } token
            ? Matching(SettingName.Token, token, TokenPattern(), "a token of the form abcdef.0123456789abcdef")
            : null,
        TokenFile = One(SettingName.TokenFile),
        CaCertHash = One(SettingName.CaCertHash) is { } hash
            ? Matching(SettingName.CaCertHash, hash, HashPattern(), "sha256: and 64 hex digits")["sha256:".Length..]
            : null,
        CaFile = One(SettingName.CaFile),
        ContainerdSocket = Absolute(SettingName.ContainerdSocket),
        CniBinDirs = Values(SettingName.CniBinDir),
        CgroupRoot = Absolute(SettingName.CgroupRoot),
        Snapshotter = One(SettingName.Snapshotter) ?? "overlayfs",
        InsecureRegistries = Values(SettingName.InsecureRegistry),
        StaticPodDir = One(SettingName.StaticPodPath) is null ? null : Absolute(SettingName.StaticPodPath),
        PodCidr = Network(SettingName.PodCidr),
        NvidiaDriverRoot = Absolute(SettingName.NvidiaDriverRoot),
        SystemRoot = Absolute(SettingName.SystemRoot),
        GpuRestartXids = Xids(),
        GpuSharingFile = One(SettingName.GpuSharingFile) is null ? null : Absolute(SettingName.GpuSharingFile),
        IsEco = IsEco(),
        KeepAlive = TimeSpan.FromSeconds(Number(SettingName.KeepAliveSeconds, KeepAliveMin, KeepAliveMax)),
        BrokerUser = One(SettingName.BrokerUser),
        BrokerPasswordFile = Password(),
    };

    private IReadOnlyList<string> Xids()
    {
        var values = Values(SettingName.GpuRestartXid);
        foreach (var value in values)
        {
            if (!uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                Wrong(SettingName.GpuRestartXid, value, "the number of an XID");
            }
        }

        return values;
    }

    private bool IsEco() => Matching(
        SettingName.Profile, One(SettingName.Profile)!, ProfilePattern(), "standard or eco") == "eco";

    private IReadOnlyList<string> Values(SettingName name) =>
        _flags.GetValueOrDefault(name.Key) ?? _file.GetValueOrDefault(name.Key) ?? Default(name);

    private IReadOnlyList<string> Default(SettingName name) =>
        s_eco.TryGetValue(name.Key, out var sparing) && One(SettingName.Profile) == "eco" ? sparing : name.Default;

    private string? One(SettingName name) => Values(name) is [var value, ..] ? value : null;

    private string Absolute(SettingName name)
    {
        var value = Values(name)[0];
        if (!Path.IsPathRooted(value))
        {
            Wrong(name, value, "an absolute path");
        }

        return value;
    }

    private string? Password()
    {
        var file = One(SettingName.BrokerPasswordFile);
        if (file is null != One(SettingName.BrokerUser) is null)
        {
            _errors.Add("brokerUser (--broker-user) and brokerPasswordFile (--broker-password-file) go together");
        }

        return file is null ? null : Absolute(SettingName.BrokerPasswordFile);
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

    private string Network(SettingName name)
    {
        var value = Values(name)[0];
        if (!IPNetwork.TryParse(value, out var network)
            || network.BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork)
        {
            Wrong(name, value, "an IPv4 network such as 10.63.0.0/24");
        }

        return value;
    }

    private IPAddress? Address(string value)
    {
        if (!IPAddress.TryParse(value, out var address))
        {
            Wrong(SettingName.NodeIp, value, "an IP address");
        }

        return address;
    }

    private Uri? Https(string value)
    {
        if (Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme == "https" && url.Host.Length > 0)
        {
            return url;
        }

        Wrong(SettingName.Server, value, "https://host:port");
        return null;
    }

    private string Matching(SettingName name, string value, Regex pattern, string wanted)
    {
        if (!pattern.IsMatch(value))
        {
            // A token is a secret and is not repeated in messages.
            Wrong(name, name == SettingName.Token ? "…" : value, wanted);
            return "sha256:";
        }

        return value;
    }

    private void Wrong(SettingName name, string value, string wanted) =>
        _errors.Add($"{name.Key} ({name.Flag}): \"{value}\" is not {wanted}");

    [GeneratedRegex(@"^(?=.{1,52}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex NodeNamePattern();

    [GeneratedRegex("^(standard|eco)$")]
    private static partial Regex ProfilePattern();

    [GeneratedRegex("^[a-z0-9]{6}\\.[a-z0-9]{16}$")]
    private static partial Regex TokenPattern();

    [GeneratedRegex("^sha256:[0-9a-f]{64}$")]
    private static partial Regex HashPattern();
}
