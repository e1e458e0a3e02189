using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Pki;
using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support;

namespace Edge.Tests.Bench;

/// <summary>
/// The published server and its broker with a thousand nodes on the real wire: how fast a large Deployment is placed
/// and sent, and what the server holds and does with ten thousand pods.
/// </summary>
internal sealed class FleetBench : IAsyncDisposable
{
    private const int Nodes = 1000;
    private const double Megabyte = 1e6;
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-fleet-");
    private readonly CancellationTokenSource _stop = new();
    private readonly int _api = FreePort();
    private readonly int _mqtt = FreePort();
    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<Task> _running = [];
    private readonly Process _server;
    private HttpClient? _http;

    private FleetBench()
    {
        var line = "exec \"$@\" >>\"$LOG\" 2>&1 </dev/null";
        var start = new ProcessStartInfo("/bin/sh", ["-c", line, "server",
            Fleet.ServerBinary, "run", "--data-dir", At("data"), "--run-dir", At("run"),
            "--listen", $"127.0.0.1:{_api}", "--advertise-address", "127.0.0.1", "--broker-port", $"{_mqtt}"]);
        start.Environment["LOG"] = At("server.log");
        foreach (var setting in RuntimeSettings.Environment)
        {
            var parts = setting.Split('=');
            start.Environment[parts[0]] = parts[1];
        }

        _server = Process.Start(start)!;
    }

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        await using var bench = new FleetBench();
        await bench.Connect();
        return [.. await bench.Deploy(), .. await bench.Hold()];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(TimeSpan.FromSeconds(60))
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _http?.Dispose();
        _server.Kill();
        await _server.WaitForExitAsync();
        // The broker outlives the server on purpose.
        await Machine.Kill(Machine.ProcessesNaming(_home.FullName + "/"));
        if (Environment.GetEnvironmentVariable("EDGE_KEEP_LOGS") is { } kept)
        {
            File.Copy(At("server.log"), Path.Combine(kept, "fleet-server.log"), overwrite: true);
        }

        _home.Delete(recursive: true);
    }

    private async Task Connect()
    {
        await Until("the API answers", async () =>
        {
            if (!File.Exists(At("data/admin.kubeconfig")))
            {
                return false;
            }

            _http ??= Client(PkiFiles.LoadOrCreate(At("data/pki"), ["127.0.0.1"]));
            try
            {
                return (await _http.GetAsync("/readyz")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        var pki = PkiFiles.LoadOrCreate(At("data/pki"), ["127.0.0.1"]);
        var system = JsonNode.Parse(await _http!.GetStringAsync("/api/v1/namespaces/kube-system"))!;
        var uid = system["metadata"]!["uid"]!.ToString();
        var certificates = _home.CreateSubdirectory("nodes").FullName;
        for (var index = 0; index < Nodes; index++)
        {
            var name = $"node-{index:d4}";
            await Post("/api/v1/nodes", $$$"""
                {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}","labels":
                {"kubernetes.io/hostname":"{{{name}}}","topology.kubernetes.io/zone":"zone-{{{index % 10}}}"} } }
                """);
            var node = new SimulatedNode(name, certificates, pki, uid, new Uri($"mqtts://127.0.0.1:{_mqtt}"));
            _nodes.Add(node);
            _running.Add(Task.Run(() => node.Run(_stop.Token)));
        }

        await Until(
            "all nodes are there", () => Task.FromResult(_nodes.All(node => node.IsConnected)),
            () => $"{_nodes.Count(node => node.IsConnected)} are");
        await Until("all nodes are Ready", async () =>
        {
            var list = JsonNode.Parse(await _http.GetStringAsync("/api/v1/nodes"))!["items"]!.AsArray();
            return list.Count(node => node!["status"]?["conditions"]?.AsArray().Any(condition =>
                condition!["type"]!.ToString() == "Ready" && condition["status"]!.ToString() == "True") == true)
                == Nodes;
        });
    }

    /// <summary>From the 201 of a Deployment until each of its pods is on its node.</summary>
    private async Task<IReadOnlyList<Figure>> Deploy()
    {
        await Post("/apis/apps/v1/namespaces/default/deployments", Deployment("warm", 10));
        await Until("the first pods are sent", () => Task.FromResult(Sent() == 10));
        var busy = ProcessFigures.Cpu(_server.Id);
        await Post("/apis/apps/v1/namespaces/default/deployments", Deployment("web", 1000));
        var since = Stopwatch.StartNew();
        await Until("a thousand pods are sent", () => Task.FromResult(Sent() == 1010));
        var seconds = since.Elapsed.TotalSeconds;
        await UntilAvailable("web", 1000);
        Console.Error.WriteLine(
            $"deployment of 1000: sent {seconds:f2} s, available {since.Elapsed.TotalSeconds:f2} s, "
            + $"server {(ProcessFigures.Cpu(_server.Id) - busy).TotalSeconds:f2} s of CPU");
        return [new Figure("deployment-1000-on-1000-nodes-sent", seconds, "s", Bound.Max, 2)];
    }

    private async Task<IReadOnlyList<Figure>> Hold()
    {
        var busy = ProcessFigures.Cpu(_server.Id);
        var since = Stopwatch.StartNew();
        await Post("/apis/apps/v1/namespaces/default/deployments", Deployment("rest", 8990));
        await UntilAvailable("rest", 8990);
        Console.Error.WriteLine(
            $"deployment of 8990: available {since.Elapsed.TotalSeconds:f2} s, "
            + $"server {(ProcessFigures.Cpu(_server.Id) - busy).TotalSeconds:f2} s of CPU");
        // Long enough for what the start-up left to be collected.
        await Task.Delay(TimeSpan.FromSeconds(90));
        var idle = TimeSpan.FromSeconds(60);
        var (before, written) = (ProcessFigures.Cpu(_server.Id), ProcessFigures.BytesToDisk(_server.Id));
        await Task.Delay(idle);
        return
        [
            new Figure("server-1000-nodes-10000-pods-pss",
                ProcessFigures.Pss(_server.Id) / Megabyte, "MB", Bound.Max, 150),
            new Figure("server-1000-nodes-10000-pods-idle-cpu",
                100 * (ProcessFigures.Cpu(_server.Id) - before) / idle, "% of a core", Bound.Max, 5),
            new Figure("server-1000-nodes-10000-pods-written-in-60-s",
                ProcessFigures.BytesToDisk(_server.Id) - written, "bytes", Bound.Max, 100_000),
        ];
    }

    private int Sent() => _nodes.Sum(node => node.Pods);

    private Task UntilAvailable(string name, int count) => Until($"{name} is available", async () =>
    {
        await Task.Delay(100);
        var path = $"/apis/apps/v1/namespaces/default/deployments/{name}";
        var status = JsonNode.Parse(await _http!.GetStringAsync(path))!["status"];
        return status?["availableReplicas"]?.GetValue<int>() == count;
    });

    private async Task Post(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http!.PostAsync(path, content);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        }
    }

    private static async Task Until(string what, Func<Task<bool>> holds, Func<string>? instead = null)
    {
        var since = Stopwatch.StartNew();
        while (!await holds())
        {
            if (since.Elapsed > s_deadline)
            {
                throw new TimeoutException($"{what}: not within {s_deadline}; {instead?.Invoke()}");
            }

            await Task.Delay(s_look);
        }
    }

    private static string Deployment(string name, int replicas) =>
        $$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{name}}}"},"spec":{"replicas":{{{replicas}}},
        "selector":{"matchLabels":{"app":"{{{name}}}"}},"template":{"metadata":{"labels":{"app":"{{{name}}}"}},
        "spec":{"containers":[{"name":"web","image":"registry.example/web:1.0","ports":[{"containerPort":80}],
        "resources":{"requests":{"cpu":"10m","memory":"16Mi"}},
        "readinessProbe":{"httpGet":{"path":"/","port":80} } }]} } } }
        """;

    private HttpClient Client(PkiFiles pki)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
        trust.CustomTrustStore.Add(pki.ApiCa.Certificate);
        trust.RevocationMode = X509RevocationMode.NoCheck;
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [pki.Admin], CertificateChainPolicy = trust,
            },
        })
        {
            BaseAddress = new Uri($"https://127.0.0.1:{_api}"),
        };
    }

    private string At(string below) => Path.Combine(_home.FullName, below);

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
