using System.Diagnostics;

namespace Edge.Tests.Bench;

/// <summary>ConfigMaps of 1 KiB, written and read over sixteen connections, each one request after the other.</summary>
internal static class ApiLoad
{
    private const int Connections = 16;

    private static readonly string s_value = new('x', 1024);

    /// <summary>Creates in a second.</summary>
    public static Task<double> Create(ApiTarget target, string ns, string prefix, int count) =>
        Rate(target, [.. Enumerable.Range(0, count).Select(number => LeanConnection.Request(
            "POST", $"/api/v1/namespaces/{ns}/configmaps",
            $$$"""
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{prefix}}}-{{{number}}}"},
            "data":{"value":"{{{s_value}}}"} }
            """))], "creates", 201);

    /// <summary>Gets in a second, of the first <paramref name="existing"/> of that prefix, mixed.</summary>
    public static Task<double> Get(ApiTarget target, string prefix, int count, int existing) =>
        Rate(target, [.. Enumerable.Range(0, count).Select(number => LeanConnection.Request(
            "GET", $"/api/v1/namespaces/bench/configmaps/{prefix}-{number * 7919L % existing}"))], "gets", 200);

    /// <summary>
    /// Sends requests that are ready, each connection one after the other; per second.
    /// </summary>
    public static async Task<double> Rate(ApiTarget target, byte[][] requests, string what, int status)
    {
        LeanConnection[] opened = [.. Enumerable.Range(0, Connections).Select(_ => LeanConnection.Open(target))];
        var next = -1;
        var (busy, own) = (ProcessFigures.Cpu(target.Pid), ProcessFigures.Cpu(Environment.ProcessId));
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(opened.Select(connection => OnThread(() =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) < requests.Length;)
            {
                Expect(status, connection.Ask(requests[number]));
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
        busy = ProcessFigures.Cpu(target.Pid) - busy;
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
    public static Task OnThread(Action work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static void Expect(int status, int actual)
    {
        if (status != actual)
        {
            throw new InvalidOperationException($"the answer was {actual}, not {status}");
        }
    }
}
