using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Edge.Agent.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Link;

/// <summary>
/// A real mosquitto that is not the cluster's own and lets everybody read and write everything, a server and agents
/// that seal what they say, and somebody with bad intentions. Everything ends with it.
/// </summary>
internal sealed class ForeignWorld : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-foreign-").FullName;
    private readonly LinkCertificates _certificates;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];
    private readonly int _port = LinkWorld.FreePort();
    private readonly string _login;
    private CancellationTokenSource _serverEnd = new();
    private Task _server = Task.CompletedTask;
    private Process? _broker;
    private int _seed = 1;

    private ForeignWorld(string login)
    {
        _login = login;
        _certificates = new LinkCertificates(_folder);
        var tls = _certificates.Broker();
        File.WriteAllText(Path.Combine(_folder, "foreign.conf"), $"""
            listener {_port} 127.0.0.1
            certfile {tls.CertFile}
            keyfile {tls.KeyFile}
            persistence false
            user {Environment.UserName}
            {login}
            """);
    }

    public static Task<ForeignWorld> Start() => Start("allow_anonymous true");

    /// <summary>The broker asks for a user and a password and for no certificate.</summary>
    public static async Task<ForeignWorld> StartWithPassword(string user, string password)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, $"{user}:{password}\n");
        using var hash = Process.Start("mosquitto_passwd", ["-U", file]);
        await hash.WaitForExitAsync(LinkWorld.Limit);
        var world = await Start($"allow_anonymous false\npassword_file {file}");
        return world;
    }

    public LinkServer Server(MqttLogin? login = null)
    {
        var me = _certificates.Named("server", SealIdentity.ServerName);
        var settings = new LinkServerSettings
        {
            ClusterUid = "test",
            Broker = $"mqtts://127.0.0.1:{_port}",
            CaFile = me.CaFile,
            CertFile = me.CertFile,
            KeyFile = me.KeyFile,
            Login = login,
            Sealing = SealIdentity.Read(me.CertFile!, me.KeyFile!, me.CaFile),
        };
        var server = new LinkServer(
            settings, TimeProvider.System, new Random(_seed++), NullLogger<LinkServer>.Instance);
        _serverEnd = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        _server = server.Run(_serverEnd.Token);
        _running.Add(_server);
        return server;
    }

    /// <summary>As when edge-server ends: what it knew is gone.</summary>
    public async Task EndServer()
    {
        await _serverEnd.CancelAsync();
        await ((Task)_server).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public LinkClient Agent(string node, MqttLogin? login = null, params MapEntry[] desired)
    {
        var tls = _certificates.Node(node);
        var settings = new LinkSettings
        {
            NodeName = node,
            ClusterUid = "test",
            Broker = new LinkBroker(new Uri($"mqtts://127.0.0.1:{_port}"), IsSealed: true)
            {
                User = login?.User, PasswordFile = login?.PasswordFile,
            },
            CaFile = tls.CaFile,
            Tls = () => tls,
        };
        var agent = new LinkClient(
            settings, desired, TimeProvider.System, new Random(_seed++), NullLogger<LinkClient>.Instance);
        _running.Add(agent.Run(_end.Token));
        return agent;
    }

    public string PasswordFile(string password)
    {
        var file = Path.Combine(_folder, "password");
        File.WriteAllText(file, password + "\n");
        return file;
    }

    public Attacker Attacker() => new("127.0.0.1", _port, _certificates.CaFile, new Random(_seed++));

    /// <summary>The broker forgets everything, all that is on its way too.</summary>
    public async Task Wipe()
    {
        await Kill();
        await Begin();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (var task in _running)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Kill();
        _certificates.Dispose();
        _serverEnd.Dispose();
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<ForeignWorld> Start(string login)
    {
        LinkWorld.RequireBroker();
        var world = new ForeignWorld(login);
        await world.Begin();
        return world;
    }

    private async Task Begin()
    {
        _broker = Process.Start(new ProcessStartInfo("mosquitto", ["-c", Path.Combine(_folder, "foreign.conf")])
        {
            RedirectStandardError = true,
        })!;
        _broker.ErrorDataReceived += (_, _) => { };
        _broker.BeginErrorReadLine();
        var limit = LinkWorld.Limit;
        while (true)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, _port, limit);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit);
            }
        }
    }

    private async Task Kill()
    {
        if (_broker is { } broker)
        {
            broker.Kill();
            await broker.WaitForExitAsync(LinkWorld.Limit);
            broker.Dispose();
            _broker = null;
        }
    }
}
