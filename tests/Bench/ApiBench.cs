using System.Diagnostics;

namespace Edge.Tests.Bench;

/// <summary>
/// The API as clients use it: ConfigMaps of 1 KiB over sixteen connections, durable. Peers are the figures recorded for
/// kube-apiserver 1.20 with etcd 3.4 on two cores. How much this machine has to give is told by a bare endpoint.
/// </summary>
internal static class ApiBench
{
    private const int Objects = 40_000;
    private const int Gets = 60_000;
    private const int Listed = 5_000;
    private const int Watchers = 20;
    private const int Patches = 12_000;
    private const int ObjectsHeld = 100_000;
    private const double Megabyte = 1e6;

    public static async Task<IReadOnlyList<Figure>> Run()
    {
        var bare = await BareProcess.Run(Objects, Gets);
        await using var server = new BenchServer();
        await server.Ready();
        var target = server.Target;
        foreach (var ns in (string[])["bench", "listed", "held"])
        {
            await server.Post("/api/v1/namespaces", $$$"""{"metadata":{"name":"{{{ns}}}"} }""");
        }

        // The JIT of the client is no part of it.
        await ApiLoad.Create(target, "bench", "warm", 2_000);
        await ApiLoad.Get(target, "warm", 2_000, 2_000);
        var creates = await ApiLoad.Create(target, "bench", "c", Objects);
        var gets = await ApiLoad.Get(target, "c", Gets, Objects);
        Console.Error.WriteLine(
            $"a bare endpoint on this machine: {bare.Creates:f0} creates/s, of which the API has "
            + $"{creates / bare.Creates:p0}, and {bare.Gets:f0} gets/s, {gets / bare.Gets:p0}");
        var figures = new List<Figure>
        {
            new("api-creates", creates, "/s", Bound.Min, 8_000, 814),
            new("api-gets", gets, "/s", Bound.Min, 18_000, 1_762),
        };
        figures.Add(await RevocationBench.Run(server));
        await ApiLoad.Create(target, "listed", "c", Listed);
        figures.Add(new Figure("api-list-5000", List(target), "ms", Bound.Max, 25, 245));
        figures.Add(new Figure("api-watch-events", await Watch(target), "/s", Bound.Min, 80_000, 8_022));
        await ApiLoad.Create(target, "held", "c", ObjectsHeld - Objects - Listed - 2_000);
        // Until the server has been quiet for long enough to collect.
        await Task.Delay(TimeSpan.FromSeconds(60));
        figures.Add(new Figure(
            "api-100000-objects-pss", ProcessFigures.Pss(server.Pid) / Megabyte, "MB", Bound.Max, 400, 786));
        return figures;
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
