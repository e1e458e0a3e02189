using Edge.Server.Admission;
using Edge.Server.Api;
using Edge.Server.Link;
using Edge.Server.Pki;
using Edge.Server.Settings;
using Edge.Server.Store;

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
        Port = settings.BrokerPort,
    };

    public static LinkServerSettings Link(ServerSettings settings, PkiFiles pki, string clusterUid) => new()
    {
        ClusterUid = clusterUid,
        Broker = settings.Broker ?? Broker(settings, pki).SocketPath,
        CaFile = pki.NodeCaFile,
        CertFile = pki.BrokerCertFile,
        KeyFile = pki.BrokerKeyFile,
        ServerVersion = CommandLine.Version,
    };

    public static ApiSettings Api(ServerSettings settings, PkiFiles pki, Func<string, bool> isDenied) =>
        new(settings.Listen, pki.ApiServing, pki.ApiCa.Certificate, pki.NodeCa.Certificate)
        {
            VersionMinor = settings.VersionMinor,
            BackupFile = settings.DatabaseFile + ".backup",
            IsDenied = isDenied,
            Tolerations = Tolerations(settings),
            TokenKey = pki.ServiceAccounts,
            Url = settings.ApiUrl,
        };

    public static DefaultTolerations Tolerations(ServerSettings settings) =>
        new(settings.DefaultNotReadyTolerationSeconds, settings.DefaultUnreachableTolerationSeconds);
}
