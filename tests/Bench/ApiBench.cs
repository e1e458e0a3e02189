using System.Diagnostics;

namespace Edge.Tests.Bench;

/// <summary>
/// The API as clients use it: ConfigMaps of 1 KiB over sixteen connections, durable. Peers are the figures recorded for
/// kube-apiserver 1.20 with etcd 3.4 on two cores. How much this machine has to give is told by a bare endpoint, in
/// turns with the API, because a shared machine is faster or slower within a minute.
/// </summary>
internal static class ApiBench
{
    private const int Turns = 5;
    private const int Warm = 10_000;
    private const int ObjectsATurn = 8_000;
    private const int GetsATurn = 12_000;
    private const int Listed = 5_000;
    private const int Watchers = 20;
    private const int Patches = 12_000;
    private const int ObjectsHeld = 100_000;
    private const double Megabyte = 1e6;

    /// <summary>
    /// Percent of what a program has that checks nothing; 70 to 85 and 80 to 88 were seen where the disk was fast.
    /// </summary>
    private const double CreatesOfBare = 70;
    private const double GetsOfBare = 75;

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        await using var server = new BenchServer();
        await server.Ready();
        var target = server.Target;
        foreach (var ns in (string[])["bench", "listed", "held"])
        {
            await server.Post("/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{ns}}}"} }""");
        }

        var figures = await BesideBare(target);
        figures.Add(await RevocationBench.Run(server));
        await ApiLoad.Create(target, "listed", "c", Listed);
        figures.Add(new Figure("api-list-5000", List(target), "ms", Bound.Max, 25, 245));
        figures.Add(new Figure("api-watch-events", await Watch(target), "/s", Bound.Min, 80_000, 8_022));
        await ApiLoad.Create(target, "held", "c", ObjectsHeld - (Turns * ObjectsATurn) - Listed - Warm);
        // Until the server has been quiet for long enough to collect.
        await Task.Delay(TimeSpan.FromSeconds(60));
        figures.Add(new Figure(
            "api-100000-objects-pss", ProcessFigures.Pss(server.Pid) / Megabyte, "MB", Bound.Max, 400, 786));
        return figures;
    }

    private static async Task<List<Figure>> BesideBare(ApiTarget target)
    {
        await using var bare = await BareProcess.Start();
        // The JIT of the client is no part of it, and it compiles again what runs often.
        await ApiLoad.Create(target, "bench", "warm", Warm);
        await ApiLoad.Get(target, "warm", Warm, Warm);
        var (creates, bareCreates) = await InTurns(
            ObjectsATurn, target, bare.Target, (to, turn) => ApiLoad.Create(to, "bench", $"c{turn}", ObjectsATurn));
        var (gets, bareGets) = await InTurns(
            GetsATurn, target, bare.Target, (to, turn) => ApiLoad.Get(to, $"c{turn}", GetsATurn, ObjectsATurn));
        Console.Error.WriteLine(
            $"a bare endpoint in the same minute: {bareCreates:f0} creates/s and {bareGets:f0} gets/s");
        return
        [
            new("api-creates", creates, "/s", Bound.Min, 8_000, 814),
            new("api-creates-of-bare", 100 * creates / bareCreates, "%", Bound.Min, CreatesOfBare),
            new("api-gets", gets, "/s", Bound.Min, 18_000, 1_762),
            new("api-gets-of-bare", 100 * gets / bareGets, "%", Bound.Min, GetsOfBare),
        ];
    }

    /// <summary>Requests in a second of all turns of each; who begins a turn changes.</summary>
    private static async Task<(double Api, double Bare)> InTurns(
        int requests, ApiTarget api, ApiTarget bare, Func<ApiTarget, int, Task<double>> measure)
    {
        var seconds = new Dictionary<ApiTarget, double> { [api] = 0, [bare] = 0 };
        for (var turn = 0; turn < Turns; turn++)
        {
            foreach (var target in turn % 2 == 0 ? (ApiTarget[])[api, bare] : [bare, api])
            {
                seconds[target] += requests / await measure(target, turn);
            }
        }

        return (requests * Turns / seconds[api], requests * Turns / seconds[bare]);
    }

    /// <summary>The median of nine, in milliseconds.</summary>
    private static double List(ApiTarget target)
    {
        using var connection = LeanConnection.Open(target);
        var request = LeanConnection.Request("GET", "/api/v1/namespaces/listed/configmaps");
        var times = new List<double>();
        for (var round = 0; round < 9; round++)
        {
            var since = Stopwatch.GetTimestamp();
            ApiLoad.Expect(200, connection.Ask(request));
            times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    /// <summary>Events that reach the watchers in a second, while sixteen connections patch.</summary>
    private static async Task<double> Watch(ApiTarget target)
    {
        long seen = 0;
        var watchers = new List<Task>();
        var connections = new List<LeanConnection>();
        for (var watcher = 0; watcher < Watchers; watcher++)
        {
            var connection = LeanConnection.Open(target);
            connections.Add(connection);
            ApiLoad.Expect(200, connection.Begin(LeanConnection.Request(
                "GET", "/api/v1/namespaces/listed/configmaps?watch=true&resourceVersion=0")));
            watchers.Add(ApiLoad.OnThread(() =>
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
        await ApiLoad.Rate(target, patches, "patches", 200);
        await BenchServer.Until(
            "all watchers see all patches", () => Task.FromResult(seen >= Expected(Patches)), () => $"{seen} events");
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        connections.ForEach(connection => connection.End());
        await Task.WhenAll(watchers);
        connections.ForEach(connection => connection.Dispose());
        return (long)Watchers * Patches / seconds;
    }
}
