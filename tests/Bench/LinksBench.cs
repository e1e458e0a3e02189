using System.Diagnostics;
using System.Text.Json.Nodes;
using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Server.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Bench;

/// <summary>
/// Ten thousand nodes that come back at once, each on a connection with mutual TLS: how long until all are in sync with
/// the published server, beside how long the same clients take to be accepted by the same broker without any server.
/// Clients, broker and server share this machine.
/// </summary>
internal sealed class LinksBench : IAsyncDisposable
{
    private const int Nodes = 10_000;
    private const double Megabyte = 1e6;

    /// <summary>Each turn of a loop looks at all its sessions; a loop is a thread.</summary>
    private const int SessionsPerLoop = 100;

    private readonly BenchServer _server = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly MqttLoop[] _loops =
        [.. Enumerable.Range(0, Nodes / SessionsPerLoop).Select(_ => new MqttLoop(TimeProvider.System))];

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        await using var bench = new LinksBench();
        await bench._server.Ready();
        using var certificates = new NodeCertificates(bench._server.Folder("nodes"), bench._server.Pki);
        foreach (var node in Enumerable.Range(0, Nodes))
        {
            _ = certificates.Of(NameOf(node));
        }

        var alone = await bench.Accept(certificates);
        await bench.MakeNodes();
        var synced = await bench.Sync(certificates);
        Console.Error.WriteLine(
            $"{Nodes} nodes: accepted by mosquitto alone {alone:f1} s, in sync {synced:f1} s, "
            + $"server {ProcessFigures.Cpu(bench._server.Pid).TotalSeconds:f1} s of CPU");
        return
        [
            new Figure("links-10000-in-sync", synced, "s", Bound.Max, 2 * alone, alone),
            new Figure("links-10000-server-pss",
                ProcessFigures.Pss(bench._server.Pid) / Megabyte, "MB", Bound.Max, 300),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        // The server goes first: it need not hear ten thousand goodbyes.
        await _server.DisposeAsync();
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromSeconds(60)).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }
    }

    /// <summary>A broker with the server's own settings and without a server; seconds until all are accepted.</summary>
    private async Task<double> Accept(NodeCertificates certificates)
    {
        var pki = _server.Pki;
        var settings = new BrokerSettings
        {
            DataDirectory = _server.Folder("alone"), RunDirectory = _server.Folder("alone-run"),
            NodeCaFile = pki.NodeCaFile, CertFile = pki.BrokerCertFile, KeyFile = pki.BrokerKeyFile,
            Port = BenchServer.FreePort(),
        };
        using var stop = new CancellationTokenSource();
        var broker = new BrokerProcess(settings, TimeProvider.System, NullLogger<BrokerProcess>.Instance);
        var running = broker.Run(stop.Token);
        await BenchServer.Until("the broker runs", () => Task.FromResult(File.Exists(settings.SocketPath)));
        var connected = new bool[Nodes];
        var sessions = new MqttSession[Nodes];
        var since = Stopwatch.StartNew();
        for (var node = 0; node < Nodes; node++)
        {
            var (index, tls) = (node, certificates.Of(NameOf(node)));
            sessions[node] = new MqttSession(
                _loops[node % _loops.Length],
                new MqttSettings
                {
                    Host = "127.0.0.1", Port = settings.Port, Tls = () => tls,
                    Subscriptions = [Topics.Down(NameOf(node)), Topics.StreamsDown(NameOf(node))],
                    Notify = () => Hear(index),
                },
                new Random(node));
        }

        await BenchServer.Until(
            "mosquitto accepts all", () => Task.FromResult(connected.All(one => one)),
            () => $"{connected.Count(one => one)} of {Nodes}");
        var seconds = since.Elapsed.TotalSeconds;
        await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask()));
        await broker.Stop(CancellationToken.None);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return seconds;

        void Hear(int node)
        {
            while (sessions[node] is { } session && session.Events.TryRead(out var heard))
            {
                connected[node] = heard is not MqttEvent.Disconnected;
            }
        }
    }

    private async Task MakeNodes() => await Parallel.ForAsync(
        0, Nodes, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (node, _) =>
            await _server.Post("/api/v1/nodes", $$$"""
                {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{NameOf(node)}}}","labels":
                {"kubernetes.io/hostname":"{{{NameOf(node)}}}","topology.kubernetes.io/zone":"zone-{{{node % 10}}}"} } }
                """));

    /// <summary>Seconds until every node is connected and both ends of both its maps have the same.</summary>
    private async Task<double> Sync(NodeCertificates certificates)
    {
        var system = JsonNode.Parse(await _server.Http.GetStringAsync("/api/v1/namespaces/kube-system"))!;
        var uid = system["metadata"]!["uid"]!.ToString();
        var broker = new Uri($"mqtts://127.0.0.1:{_server.BrokerPort}");
        SimulatedNode[] nodes =
            [.. Enumerable.Range(0, Nodes).Select(node => new SimulatedNode(NameOf(node), certificates, uid, broker))];
        var since = Stopwatch.StartNew();
        for (var node = 0; node < Nodes; node++)
        {
            var (one, loop) = (nodes[node], _loops[node % _loops.Length]);
            _running.Add(Task.Run(() => one.Run(loop, _stop.Token)));
        }

        await BenchServer.Until(
            "all are in sync",
            async () =>
            {
                await Task.Delay(50);
                return nodes.All(node => node.IsLevel);
            },
            () => $"{nodes.Count(node => node.IsConnected)} connected, {nodes.Count(node => node.IsLevel)} in sync");
        return since.Elapsed.TotalSeconds;
    }

    private static string NameOf(int node) => $"node-{node:d5}";
}
