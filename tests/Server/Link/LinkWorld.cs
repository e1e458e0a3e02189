using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Edge.Agent.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Link;

/// <summary>A real mosquitto on loopback with the ends a test puts to it. Everything ends with it.</summary>
internal sealed class LinkWorld : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-link-").FullName;
    private readonly LinkCertificates _certificates;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];
    private readonly List<IAsyncDisposable> _clients = [];
    private CancellationTokenSource _supervision = new();
    private int _seed = 1;

    private LinkWorld()
    {
        _certificates = new LinkCertificates(_folder);
        var tls = _certificates.Broker();
        Settings = new BrokerSettings
        {
            DataDirectory = Path.Combine(_folder, "data"),
            RunDirectory = Path.Combine(_folder, "run"),
            NodeCaFile = tls.CaFile,
            CertFile = tls.CertFile!,
            KeyFile = tls.KeyFile!,
            CrlFile = Path.Combine(_folder, "data", "denied.crl"),
            BindAddress = "127.0.0.1",
            Port = FreePort(),
        };
    }

    public BrokerSettings Settings { get; set; }

    /// <summary>Generous, for a loaded machine; a test that waits so long has failed.</summary>
    public static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    public static void RequireBroker() => Skip.IfNot(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "mosquitto"))),
        "mosquitto is not installed: the link is not tested");

    /// <summary>A world with a broker that accepts connections.</summary>
    public static async Task<(LinkWorld World, BrokerProcess Broker)> Start(params string[] denied)
    {
        RequireBroker();
        var world = new LinkWorld();
        var broker = world.Supervise(denied);
        await world.Accepting();
        return (world, broker);
    }

    /// <summary>A supervisor of the one broker, as each start of edge-server makes one.</summary>
    public BrokerProcess Supervise(params string[] denied)
    {
        _supervision = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var broker = new BrokerProcess(Settings, TimeProvider.System, NullLogger<BrokerProcess>.Instance);
        broker.SetDenied(denied, _certificates.Revoke());
        _running.Add(broker.Run(_supervision.Token));
        return broker;
    }

    /// <summary>As when edge-server ends: the broker is left to itself.</summary>
    public Task EndSupervision() => _supervision.CancelAsync();

    public LinkServer Server()
    {
        var settings = new LinkServerSettings { ClusterUid = "test", Broker = Settings.SocketPath };
        var server = new LinkServer(
            settings, TimeProvider.System, new Random(_seed++), NullLogger<LinkServer>.Instance);
        _running.Add(server.Run(_end.Token));
        return server;
    }

    public LinkClient Agent(string node, params MapEntry[] desired)
    {
        var tls = _certificates.Node(node);
        var settings = new LinkSettings
        {
            NodeName = node,
            ClusterUid = "test",
            Broker = new LinkBroker(new Uri($"mqtts://127.0.0.1:{Settings.Port}"), IsSealed: false),
            CaFile = tls.CaFile,
            Tls = () => tls,
        };
        var agent = new LinkClient(
            settings, desired, TimeProvider.System, new Random(_seed++), NullLogger<LinkClient>.Instance);
        _running.Add(agent.Run(_end.Token));
        return agent;
    }

    /// <summary>A client with a node's certificate that keeps to no protocol of ours.</summary>
    public Task<RawClient> Node(string name, params string[] subscriptions) =>
        Connect("127.0.0.1", Settings.Port, _certificates.Node(name), subscriptions);

    /// <summary>The same with what was written for it before, and without waiting for the broker's word.</summary>
    public RawClient Knocking(MqttTls tls)
    {
        var client = new RawClient("127.0.0.1", Settings.Port, tls, [], new Random(_seed++));
        _clients.Add(client);
        return client;
    }

    /// <summary>Another key of a node, whose files lie in a folder of their own.</summary>
    public MqttTls NewKey(string node)
    {
        var tls = _certificates.Node(node);
        var folder = Directory.CreateDirectory(Path.Combine(_folder, $"key-{_seed++}")).FullName;
        var moved = new MqttTls(tls.CaFile, Path.Combine(folder, "crt"), Path.Combine(folder, "key"));
        File.Move(tls.CertFile!, moved.CertFile!);
        File.Move(tls.KeyFile!, moved.KeyFile!);
        return moved;
    }

    /// <summary>A revocation list of these keys, signed by the CA of this world.</summary>
    public string Revoke(params MqttTls[] keys) =>
        _certificates.Revoke([.. keys.Select(LinkCertificates.KeyHash)]);

    /// <summary>A client at the server's socket, which may do all.</summary>
    public Task<RawClient> Insider(params string[] subscriptions) =>
        Connect(Settings.SocketPath, 0, null, subscriptions);

    public async Task Accepting()
    {
        var limit = Limit;
        while (true)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, Settings.Port, limit);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit);
            }
        }
    }

    /// <summary>Connects to the broker's TLS port and says what is no TLS.</summary>
    public async Task Knock()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Settings.Port, Limit);
        await socket.GetStream().WriteAsync("no handshake at all\n"u8.ToArray(), Limit);
    }

    /// <summary>The certificate that the broker shows to who connects now.</summary>
    public async Task<string> ShownCertificate()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Settings.Port, Limit);
        var shown = "";
        using var tls = new SslStream(socket.GetStream(), false, (_, certificate, _, _) =>
        {
            shown = certificate?.GetSerialNumberString() ?? "";
            return shown.Length > 0;
        });
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "127.0.0.1" }, Limit);
        }
        catch (Exception refused) when (shown.Length > 0 && refused is (IOException or AuthenticationException))
        {
            // It asks for a certificate of ours, after it showed its own.
        }

        return shown;
    }

    /// <summary>Writes another certificate and key for the broker, as when the server's names change.</summary>
    public void Reissue() => _certificates.Broker();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _end.CancelAsync();
        foreach (var task in _running)
        {
            await End(task);
        }

        await new BrokerProcess(Settings, TimeProvider.System, NullLogger<BrokerProcess>.Instance).Stop(Limit);
        _certificates.Dispose();
        _supervision.Dispose();
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Any other end than the asked one fails the test.</summary>
    private static async Task End(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<RawClient> Connect(string host, int port, MqttTls? tls, string[] subscriptions)
    {
        var client = new RawClient(host, port, tls, subscriptions, new Random(_seed++));
        _clients.Add(client);
        await client.Connected();
        return client;
    }
}
