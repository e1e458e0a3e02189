using System.Diagnostics;
using System.Text.Json.Nodes;
using Edge.Server.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Bench;

/// <summary>
/// Ten thousand nodes that come back at once, each on a connection with mutual TLS: how long until all are in sync with
/// the published server, beside how long the same clients take to be accepted by the same broker without any server.
/// All share this machine; the clients, which stand for other machines, give way to the broker and the server. The
/// broker alone is measured before and after, because a machine changes its pace within a minute.
/// </summary>
internal sealed class LinksBench : IAsyncDisposable
{
    private const int Nodes = 10_000;
    private const double Megabyte = 1e6;

    /// <summary>Each has less than the 20,000 descriptors that a process may have here and there.</summary>
    private const int Processes = 2;

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(4);

    private readonly BenchServer _server = new();

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        await using var bench = new LinksBench();
        await bench._server.Ready();
        var folder = bench._server.Folder("nodes");
        using var certificates = new NodeCertificates(folder, bench._server.Pki);
        foreach (var node in Enumerable.Range(0, Nodes))
        {
            _ = certificates.Of(LinkClients.NameOf(node));
        }

        var before = await bench.Accept(folder, "before");
        await bench.MakeNodes(certificates.KeyHash);
        await bench._server.Quiet();
        var system = JsonNode.Parse(await bench._server.Http.GetStringAsync("/api/v1/namespaces/kube-system"))!;
        var busy = ProcessFigures.Cpu(bench._server.Pid);
        var uid = system["metadata"]!["uid"]!.ToString();
        var (synced, memory) = await Clients(
            bench._server.BrokerPort, folder, bench._server.Pki.NodeCaFile, uid,
            () => ProcessFigures.Pss(bench._server.Pid) / Megabyte);
        busy = ProcessFigures.Cpu(bench._server.Pid) - busy;
        // It would have ten thousand nodes to miss while the broker is measured.
        await bench._server.End();
        var after = await bench.Accept(folder, "after");
        var alone = (before + after) / 2;
        Console.Error.WriteLine(
            $"{Nodes} nodes: accepted by mosquitto alone {before:f1} s before and {after:f1} s after, "
            + $"in sync {synced:f1} s, server {busy.TotalSeconds:f1} s of CPU");
        return
        [
            new Figure("links-10000-in-sync", synced, "s", Bound.Max, 2 * alone, alone),
            new Figure("links-10000-server-pss", memory, "MB", Bound.Max, 300),
        ];
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>A broker with the server's own settings and without a server; seconds until all are accepted.</summary>
    private async Task<double> Accept(string folder, string name)
    {
        var pki = _server.Pki;
        var settings = new BrokerSettings
        {
            DataDirectory = _server.Folder(name), RunDirectory = _server.Folder($"{name}-run"),
            NodeCaFile = pki.NodeCaFile, CertFile = pki.BrokerCertFile, KeyFile = pki.BrokerKeyFile,
            Port = BenchServer.FreePort(),
        };
        using var stop = new CancellationTokenSource();
        var broker = new BrokerProcess(settings, TimeProvider.System, NullLogger<BrokerProcess>.Instance);
        var running = broker.Run(stop.Token);
        await BenchServer.Until("the broker runs", () => Task.FromResult(File.Exists(settings.SocketPath)));
        var (seconds, _) = await Clients(settings.Port, folder, pki.NodeCaFile, "", () => 0);
        await broker.Stop(CancellationToken.None);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return seconds;
    }

    private async Task MakeNodes(string key) => await Parallel.ForAsync(
        0, Nodes, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (node, _) =>
            await _server.Post("/api/v1/nodes", $$$"""
                {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{LinkClients.NameOf(node)}}}",
                "annotations":{"edge/public-key-sha256":"{{{key}}}"},"labels":
                {"kubernetes.io/hostname":"{{{LinkClients.NameOf(node)}}}",
                "topology.kubernetes.io/zone":"zone-{{{node % 10}}}"} } }
                """));

    /// <summary>
    /// Seconds until all clients have what they came for, and what is measured then, while they are there.
    /// </summary>
    private static async Task<(double Seconds, double Measured)> Clients(
        int port, string folder, string caFile, string clusterUid, Func<double> measure)
    {
        var each = Nodes / Processes;
        Process[] processes =
        [
            .. Enumerable.Range(0, Processes).Select(index => Process.Start(new ProcessStartInfo(
                "nice",
                [
                    "-n", "19", Environment.ProcessPath!,
                    LinkClients.Command, $"{index * each}", $"{each}", $"{port}", folder, caFile, clusterUid,
                ])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true,
            })!),
        ];
        try
        {
            await Hear("here");
            var since = Stopwatch.StartNew();
            foreach (var process in processes)
            {
                await process.StandardInput.WriteLineAsync("go");
                await process.StandardInput.FlushAsync();
            }

            await Hear("done");
            return (since.Elapsed.TotalSeconds, measure());
        }
        finally
        {
            foreach (var process in processes)
            {
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }

        Task Hear(string word) => Task.WhenAll(processes.Select(process => Until(process, word)));
    }

    private static async Task Until(Process process, string word)
    {
        using var late = new CancellationTokenSource(s_deadline);
        var last = "nothing";
        try
        {
            while (await process.StandardOutput.ReadLineAsync(late.Token) is { } line)
            {
                if (line == word)
                {
                    return;
                }

                last = line;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"clients: not {word} within {s_deadline}; {last}");
        }

        throw new InvalidOperationException($"clients ended before they were {word}; {last}");
    }
}
