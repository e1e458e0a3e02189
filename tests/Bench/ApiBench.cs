using System.Diagnostics;

namespace Edge.Tests.Bench;

/// <summary>
/// The API as clients use it: ConfigMaps of 1 KiB over sixteen connections, durable. Peers are the figures recorded for
/// kube-apiserver 1.20 with etcd 3.4 on two cores.
/// </summary>
internal static class ApiBench
{
    private const int Connections = 16;
    private const int Objects = 40_000;
    private const int Gets = 60_000;
    private const int Listed = 5_000;
    private const int Watchers = 20;
    private const int Patches = 12_000;
    private const int ObjectsHeld = 100_000;
    private const double Megabyte = 1e6;

    private static readonly string s_value = new('x', 1024);

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        await using var server = new BenchServer();
        await server.Ready();
        foreach (var ns in (string[])["bench", "listed", "held"])
        {
            await server.Post("/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{ns}}}"} }""");
        }

        // The JIT of the client is no part of it.
        await Create(server, "bench", "warm", 2_000);
        await Get(server, "warm", 2_000);
        var figures = new List<Figure>
        {
            new("api-creates", await Create(server, "bench", "c", Objects), "/s", Bound.Min, 8_000, 814),
            new("api-gets", await Get(server, "c", Gets), "/s", Bound.Min, 18_000, 1_762),
        };
        figures.Add(await RevocationBench.Run(server));
        await Create(server, "listed", "c", Listed);
        figures.Add(new Figure("api-list-5000", List(server), "ms", Bound.Max, 25, 245));
        figures.Add(new Figure("api-watch-events", await Watch(server), "/s", Bound.Min, 80_000, 8_022));
        await Create(server, "held", "c", ObjectsHeld - Objects - Listed - 2_000);
        // Until the server has been quiet for long enough to collect.
        await Task.Delay(TimeSpan.FromSeconds(60));
        figures.Add(new Figure(
            "api-100000-objects-pss", ProcessFigures.Pss(server.Pid) / Megabyte, "MB", Bound.Max, 400, 786));
        return figures;
    }

    private static async Task<double> Create(BenchServer server, string ns, string prefix, int count) =>
        await Rate(server, [.. Enumerable.Range(0, count).Select(number => LeanConnection.Request(
            "POST", $"/api/v1/namespaces/{ns}/configmaps",
            $$$"""
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{prefix}}}-{{{number}}}"},
            "data":{"value":"{{{s_value}}}"} }
            """))], "creates", 201);

    private static async Task<double> Get(BenchServer server, string prefix, int count)
    {
        var existing = prefix == "c" ? Objects : count;
        return await Rate(server, [.. Enumerable.Range(0, count).Select(number => LeanConnection.Request(
            "GET", $"/api/v1/namespaces/bench/configmaps/{prefix}-{number * 7919L % existing}"))], "gets", 200);
    }

    /// <summary>The median of nine, in milliseconds.</summary>
    private static double List(BenchServer server)
    {
        using var connection = LeanConnection.Open(server);
        var request = LeanConnection.Request("GET", "/api/v1/namespaces/listed/configmaps");
        var times = new List<double>();
        for (var round = 0; round < 9; round++)
        {
            var since = Stopwatch.GetTimestamp();
            Expect(200, connection.Ask(request));
            times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    /// <summary>Events that reach the watchers in a second, while sixteen connections patch.</summary>
    private static async Task<double> Watch(BenchServer server)
    {
        long seen = 0;
        var watchers = new List<Task>();
        var connections = new List<LeanConnection>();
        for (var watcher = 0; watcher < Watchers; watcher++)
        {
            var connection = LeanConnection.Open(server);
            connections.Add(connection);
            Expect(200, connection.Begin(LeanConnection.Request(
                "GET", "/api/v1/namespaces/listed/configmaps?watch=true&resourceVersion=0")));
            watchers.Add(OnThread(() =>
            {
                try
                {
                    while (true)
                    {
                        Interlocked.Add(ref seen, connection.Lines());
                    }
                }
                catch (EndOfStreamException)
                {
                    // It was ended, once all had come.
                }
            }));
        }

        long Expected(int patches) => (long)Watchers * (Listed + patches);
        await BenchServer.Until("all watchers see what is there", () => Task.FromResult(seen >= Expected(0)));
        byte[][] patches = [.. Enumerable.Range(0, Patches).Select(number => LeanConnection.Request(
            "PATCH", $"/api/v1/namespaces/listed/configmaps/c-{number % Listed}",
            $$$"""{"data":{"number":"{{{number}}}"} }""", "application/merge-patch+json"))];
        var since = Stopwatch.GetTimestamp();
        await Rate(server, patches, "patches", 200);
        await BenchServer.Until(
            "all watchers see all patches", () => Task.FromResult(seen >= Expected(Patches)), () => $"{seen} events");
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        connections.ForEach(connection => connection.End());
        await Task.WhenAll(watchers);
        connections.ForEach(connection => connection.Dispose());
        return (long)Watchers * Patches / seconds;
    }

    /// <summary>
    /// Sends requests that are ready, each connection one after the other; per second.
    /// </summary>
    private static async Task<double> Rate(BenchServer server, byte[][] requests, string what, int status)
    {
        LeanConnection[] opened = [.. Enumerable.Range(0, Connections).Select(_ => LeanConnection.Open(server))];
        var next = -1;
        var (busy, own) = (ProcessFigures.Cpu(server.Pid), ProcessFigures.Cpu(Environment.ProcessId));
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(opened.Select(connection => OnThread(() =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) < requests.Length;)
            {
                Expect(status, connection.Ask(requests[number]));
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        busy = ProcessFigures.Cpu(server.Pid) - busy;
        own = ProcessFigures.Cpu(Environment.ProcessId) - own;
        Console.Error.WriteLine(
            $"{requests.Length} {what}: {seconds:f2} s, server {busy.TotalSeconds:f2} s and client "
            + $"{own.TotalSeconds:f2} s of CPU");
        foreach (var connection in opened)
        {
            connection.Dispose();
        }

        return requests.Length / seconds;
    }

    /// <summary>What blocks its thread has one of its own.</summary>
    private static Task OnThread(Action work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Expect(int status, int actual)
    {
        if (status != actual)
        {
            throw new InvalidOperationException($"the answer was {actual}, not {status}");
        }
    }
}
