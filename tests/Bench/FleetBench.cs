using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Edge.Tests.Bench;

/// <summary>
/// The published server and its broker with many nodes on the real wire: how fast a large Deployment is placed and
/// sent, what the server holds and does with ten thousand pods, and what it writes when nothing happens.
/// </summary>
internal sealed class FleetBench(int nodes) : IAsyncDisposable
{
    private const double Megabyte = 1e6;

    private readonly CancellationTokenSource _stop = new();
    private readonly BenchServer _server = new();
    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<Task> _running = [];

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        await using var bench = new FleetBench(1000);
        await bench.Connect();
        return [.. await bench.Deploy(), .. await bench.Hold()];
    }

    /// <summary>
    /// A hundred nodes with ten pods each, which do nothing but say that they are there, for two heartbeats of each.
    /// </summary>
    public static async Task<IReadOnlyList<Figure>> RunIdle()
    {
        await using var bench = new FleetBench(100);
        await bench.Connect();
        await bench._server.Post("/apis/apps/v1/namespaces/default/deployments", Deployment("web", 1000));
        await bench.UntilAvailable("web", 1000);
        await Task.Delay(TimeSpan.FromSeconds(90));
        var written = ProcessFigures.BytesToDisk(bench._server.Pid);
        var idle = TimeSpan.FromSeconds(240);
        await Task.Delay(idle);
        return
        [
            new Figure("server-100-nodes-idle-written-a-day",
                (ProcessFigures.BytesToDisk(bench._server.Pid) - written) / Megabyte * (TimeSpan.FromDays(1) / idle),
                "MB", Bound.Max, 20),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromSeconds(60))
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await _server.DisposeAsync();
    }

    private async Task Connect()
    {
        await _server.Ready();
        var pki = _server.Pki;
        var system = JsonNode.Parse(await _server.Http.GetStringAsync("/api/v1/namespaces/kube-system"))!;
        var uid = system["metadata"]!["uid"]!.ToString();
        using var certificates = new NodeCertificates(_server.Folder("nodes"), pki);
        for (var index = 0; index < nodes; index++)
        {
            var name = $"node-{index:d4}";
            await _server.Post("/api/v1/nodes", $$$"""
                {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}","labels":
                {"kubernetes.io/hostname":"{{{name}}}","topology.kubernetes.io/zone":"zone-{{{index % 10}}}"} } }
                """);
            var broker = new Uri($"mqtts://127.0.0.1:{_server.BrokerPort}");
            var node = new SimulatedNode(name, certificates.Of(name), uid, broker);
            _nodes.Add(node);
            _running.Add(Task.Run(() => node.Run(_stop.Token)));
        }

        await BenchServer.Until(
            "all nodes are there", () => Task.FromResult(_nodes.All(node => node.IsConnected)),
            () => $"{_nodes.Count(node => node.IsConnected)} are");
        await BenchServer.Until("all nodes are Ready", async () =>
        {
            var list = JsonNode.Parse(await _server.Http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
            return list.Count(node => node!["status"]?["conditions"]?.AsArray().Any(condition =>
                condition!["type"]!.ToString() == "Ready" && condition["status"]!.ToString() == "True") == true)
                == nodes;
        });
    }

    /// <summary>From the 201 of a Deployment until each of its pods is on its node.</summary>
    private async Task<IReadOnlyList<Figure>> Deploy()
    {
        await _server.Post("/apis/apps/v1/namespaces/default/deployments", Deployment("warm", 10));
        await BenchServer.Until("the first pods are sent", () => Task.FromResult(Sent() == 10));
        var busy = ProcessFigures.Cpu(_server.Pid);
        await _server.Post("/apis/apps/v1/namespaces/default/deployments", Deployment("web", 1000));
        var since = Stopwatch.StartNew();
        await BenchServer.Until("a thousand pods are sent", () => Task.FromResult(Sent() == 1010));
        var seconds = since.Elapsed.TotalSeconds;
        await UntilAvailable("web", 1000);
        Console.Error.WriteLine(
            $"deployment of 1000: sent {seconds:f2} s, available {since.Elapsed.TotalSeconds:f2} s, "
            + $"server {(ProcessFigures.Cpu(_server.Pid) - busy).TotalSeconds:f2} s of CPU");
        return [new Figure("deployment-1000-on-1000-nodes-sent", seconds, "s", Bound.Max, 2)];
    }

    private async Task<IReadOnlyList<Figure>> Hold()
    {
        var busy = ProcessFigures.Cpu(_server.Pid);
        var since = Stopwatch.StartNew();
        await _server.Post("/apis/apps/v1/namespaces/default/deployments", Deployment("rest", 8990));
        await UntilAvailable("rest", 8990);
        Console.Error.WriteLine(
            $"deployment of 8990: available {since.Elapsed.TotalSeconds:f2} s, "
            + $"server {(ProcessFigures.Cpu(_server.Pid) - busy).TotalSeconds:f2} s of CPU");
        // Long enough for what the start-up left to be collected.
        await Task.Delay(TimeSpan.FromSeconds(90));
        var idle = TimeSpan.FromSeconds(60);
        var (before, written) = (ProcessFigures.Cpu(_server.Pid), ProcessFigures.BytesToDisk(_server.Pid));
        await Task.Delay(idle);
        return
        [
            new Figure("server-1000-nodes-10000-pods-pss",
                ProcessFigures.Pss(_server.Pid) / Megabyte, "MB", Bound.Max, 150),
            new Figure("server-1000-nodes-10000-pods-idle-cpu",
                100 * (ProcessFigures.Cpu(_server.Pid) - before) / idle, "% of a core", Bound.Max, 5),
            new Figure("server-1000-nodes-10000-pods-written-in-60-s",
                ProcessFigures.BytesToDisk(_server.Pid) - written, "bytes", Bound.Max, 100_000),
        ];
    }

    private int Sent() => _nodes.Sum(node => node.Pods);

    private Task UntilAvailable(string name, int count) => BenchServer.Until($"{name} is available", async () =>
    {
        await Task.Delay(100);
        var path = $"/apis/apps/v1/namespaces/default/deployments/{name}";
        var status = JsonNode.Parse(await _server.Http.GetStringAsync(path))!["status"];
        return status?["availableReplicas"]?.GetValue<int>() == count;
    });

    private static string Deployment(string name, int replicas) =>
        $$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{name}}}"},"spec":{"replicas":{{{replicas}}},
        "selector":{"matchLabels":{"app":"{{{name}}}"}},"template":{"metadata":{"labels":{"app":"{{{name}}}"}},
        "spec":{"containers":[{"name":"web","image":"registry.example/web:1.0","ports":[{"containerPort":80}],
        "resources":{"requests":{"cpu":"10m","memory":"16Mi"}},
        "readinessProbe":{"httpGet":{"path":"/","port":80} } }]} } } }
        """;
}
