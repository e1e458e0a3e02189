using Edge.Proto.Link.Sealing;
using Edge.Proto.Model;
using Edge.Proto.Mqtt;
using Edge.Server.Access;
using Edge.Server.Admission;
using Edge.Server.Api;
using Edge.Server.Control;
using Edge.Server.Fleet;
using Edge.Server.Link;
using Edge.Server.Pki;
using Edge.Server.Settings;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server;

/// <summary>What each part of the server gets of the settings.</summary>
internal static class PartSettings
{
    /// <summary>Makes the key that seals Secrets where there is none yet.</summary>
    public static StoreSettings Store(ServerSettings settings) => new(
        settings.DatabaseFile, SecretKeyFile.LoadOrCreate(settings.SecretKeyFile, settings.DatabaseFile));

    public static BrokerSettings Broker(ServerSettings settings, PkiFiles pki) => new()
    {
        DataDirectory = Path.Combine(settings.DataDir, "broker"),
        RunDirectory = Path.Combine(settings.RunDir, "broker"),
        NodeCaFile = pki.NodeCaFile,
        CertFile = pki.BrokerCertFile,
        KeyFile = pki.BrokerKeyFile,
        CrlFile = Path.Combine(settings.DataDir, "broker", "denied-keys.crl"),
        Port = settings.BrokerPort,
        IsStartedElsewhere = !settings.StartsBroker,
    };

    public static LinkServerSettings Link(
        ServerSettings settings, PkiFiles pki, string clusterUid, Func<string, bool> isKeyDenied) => new()
    {
        ClusterUid = clusterUid,
        Broker = settings.Broker ?? Broker(settings, pki).SocketPath,
        Print = Print(Cluster(settings, pki)),
        Sealing = settings.Broker is null
            ? null
            : new SealIdentity(pki.Link, [pki.NodeCa.Certificate], isKeyDenied),
        Login = settings.BrokerUser is { } user ? new MqttLogin(user, settings.BrokerPasswordFile!) : null,
        CaFile = settings.BrokerCaFile ?? pki.NodeCaFile,
        CertFile = pki.LinkCertFile,
        KeyFile = pki.LinkKeyFile,
        ServerVersion = CommandLine.Version,
    };

    /// <exception cref="IOException">The file with the broker's CA does not read.</exception>
    public static ClusterInfo Cluster(ServerSettings settings, PkiFiles pki) => new(
        settings.BrokerUrl, settings.Broker is not null,
        settings.BrokerCaFile is { } file ? File.ReadAllText(file) : null, pki.NodeCa.CertificatePem + "\n");

    private static ulong Print(ClusterInfo info) =>
        BrokerPrint.Of(info.BrokerUrl, info.IsSealed, info.BrokerCaPem);

    public static ApiSettings Api(ServerSettings settings, PkiFiles pki, Func<DeniedNodes> denied) =>
        new(settings.Listen, pki.ApiServing, pki.ApiCa.Certificate, pki.NodeCa.Certificate)
        {
            VersionMinor = settings.VersionMinor,
            BackupFile = settings.DatabaseFile + ".backup",
            Denied = denied,
            Tolerations = Tolerations(settings),
            TokenKey = pki.ServiceAccounts,
            Url = settings.ApiUrl,
        };

    public static Taint? GpuTaint(ServerSettings settings) => settings.GpuNodeTaint is var (key, value, effect)
        ? new Taint { Key = key, Value = value, Effect = effect }
        : null;

    public static GpuRelay Gpus(LinkServer link, TimeProvider time, ILoggerFactory logs) =>
        new(link.OpenStream, time, logs.CreateLogger<GpuRelay>());

    public static DefaultTolerations Tolerations(ServerSettings settings) =>
        new(settings.DefaultNotReadyTolerationSeconds, settings.DefaultUnreachableTolerationSeconds);
}
