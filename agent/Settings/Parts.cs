using System.Reflection;
using Edge.Agent.Enrolment;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Network;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Logs;
using Edge.Proto.Mqtt;

namespace Edge.Agent.Settings;

/// <summary>Each part's own settings out of the agent's, for the composition root.</summary>
internal static class Parts
{
    public static RuntimeSettings Runtime(AgentSettings settings) => new()
    {
        ContainerdSocket = settings.ContainerdSocket,
        DataDir = settings.DataDir,
        RunDir = settings.RunDir,
        CgroupRoot = settings.CgroupRoot,
        Snapshotter = settings.Snapshotter,
        InsecureRegistries = settings.InsecureRegistries,
    };

    /// <summary>From now on this process drains the containers' output.</summary>
    public static Task<OutputTurn> TakeOutput(AgentSettings settings, TimeProvider clock, CancellationToken stop)
    {
        Directory.CreateDirectory(settings.RunDir);
        return OutputTurn.Take(settings.RunDir, clock, stop);
    }

    public static NetworkSettings Network(AgentSettings settings) =>
        new() { RunDir = settings.RunDir, CniBinDirs = settings.CniBinDirs };

    public static LinkSettings Link(
        AgentSettings settings, NodeIdentity identity, NodeKeys keys, string version, string bootId) => new()
    {
        NodeName = settings.NodeName,
        ClusterUid = identity.ClusterUid,
        Broker = Broker(settings, identity.PresentBroker),
        Brokers = () => Broker(settings, keys.Brokers.Turn()),
        CaFile = identity.NodeCaFile,
        Tls = () => Shown(identity, keys.Pairs.Turn()),
        KeepAlive = settings.KeepAlive,
        AgentVersion = version,
        BootId = bootId,
    };

    private static LinkBroker Broker(AgentSettings settings, KnownBroker broker)
    {
        var address = broker.Address;
        return new LinkBroker(address.Url, address.IsSealed)
        {
            Print = address.Print,
            CaFile = address.CaPem is null ? null : broker.File,
            User = settings.BrokerUser,
            PasswordFile = settings.BrokerPasswordFile,
        };
    }

    private static MqttTls Shown(NodeIdentity identity, KeyPair pair) =>
        new(identity.NodeCaFile, pair.CertFile, pair.KeyFile);

    /// <summary>
    /// Whether a pod here counts from the server's last answer (design, 6.4). A toleration of anything that ends is
    /// taken for one: looked for in the bytes, because every heartbeat asks.
    /// </summary>
    public static bool HasLeases(NodeLedger ledger)
    {
        foreach (var (key, value) in ledger.Desired)
        {
            if (key.StartsWith("pods/", StringComparison.Ordinal)
                && value.AsSpan().IndexOf("\"tolerationSeconds\""u8) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The addresses pods had, so that nobody else gets them before their own pods are back.</summary>
    public static Dictionary<string, string> Addresses(NodeLedger ledger) =>
        ledger.Pods.Values.Where(record => record.PodIp is not null && record.TerminalPhase is null && !record.Removed)
            .ToDictionary(record => record.Uid, record => record.PodIp!);

    /// <summary>
    /// No loop ends by itself: the first end takes the others with it. 0 after SIGTERM, 1 with the reason otherwise.
    /// </summary>
    public static async Task<int> UntilFirstEnd(Task[] loops, CancellationTokenSource stop, TextWriter errors)
    {
        var first = await Task.WhenAny(loops);
        var asked = stop.IsCancellationRequested;
        await stop.CancelAsync();
        var all = Task.WhenAll(loops);
        await ((Task)all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (asked)
        {
            return 0;
        }

        var fault = first.Exception?.GetBaseException();
        await errors.WriteLineAsync(fault switch
        {
            EnrolmentException refused => $"edge-agent: {refused.Message}",
            null => "edge-agent: a loop ended unexpectedly",
            _ => $"edge-agent: {fault.GetType().Name}: {fault.Message}",
        });
        return 1;
    }
}

/// <summary>The version that was built.</summary>
internal static class AgentVersion
{
    public static string Text { get; } =
        typeof(AgentVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0] ?? "0";
}
