using System.Diagnostics;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.Bench;

/// <summary>How fast a pod comes up, beside the same container by <c>ctr run</c> in the same run.</summary>
internal static class PodBench
{
    /// <summary>
    /// Kubernetes 1.20 with the same containerd and machine kind, recorded: one pod, and twenty, in seconds.
    /// </summary>
    private const double KubernetesTwentyPods = 14.1;

    private const int Rounds = 7;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(120);

    public static async Task<IReadOnlyList<Figure>> Run(Fleet fleet, HubClient api)
    {
        var pods = new List<double>();
        var peers = new List<double>();
        // Once unmeasured: the image is fetched, files are in the page cache.
        await ManyPods(api, "warm", 1);
        await CtrRun(fleet.Nodes[0], "peer-warm");
        for (var round = 0; round < Rounds; round++)
        {
            peers.Add(await CtrRun(fleet.Nodes[0], $"peer-{round}"));
            pods.Add((await ManyPods(api, $"one-{round}-", 1)).FromAcknowledged);
        }

        await fleet.Kubectl.Delete("pods", "--all", "--grace-period=1");
        var twenty = await ManyPods(api, "twenty-", 20);
        await fleet.Kubectl.Delete("pods", "--all", "--grace-period=1");
        var (pod, peer) = (Median(pods), Median(peers));
        return
        [
            new Figure("pod-acknowledged-to-ready", pod, "s", Bound.Max, 1.5 * peer, peer),
            new Figure("twenty-pods-ready", twenty.FromStart, "s", Bound.Max, 4, KubernetesTwentyPods),
        ];
    }

    /// <summary>Leaves this many idle pods running.</summary>
    public static Task Fill(HubClient api, int count) => ManyPods(api, "idle-", count);

    private static async Task<(double FromAcknowledged, double FromStart)> ManyPods(
        HubClient api, string prefix, int count)
    {
        using var late = new CancellationTokenSource(s_deadline);
        var watching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = api.UntilReady(prefix, count, watching, late.Token);
        await Task.WhenAny(watching.Task, ready);
        var start = Stopwatch.GetTimestamp();
        var acknowledged = await Task.WhenAll(
            Enumerable.Range(0, count).Select(index => api.CreatePod(Manifest($"{prefix}{index}"))));
        var end = await ready;
        return (
            Stopwatch.GetElapsedTime(acknowledged.Max(), end).TotalSeconds,
            Stopwatch.GetElapsedTime(start, end).TotalSeconds);
    }

    /// <summary>Seconds from the command's start until the same image's process runs.</summary>
    private static async Task<double> CtrRun(FleetNode node, string id)
    {
        string[] ctr = ["--address", node.Socket, "--namespace", "edge"];
        var start = Stopwatch.GetTimestamp();
        (await Tool.Run("ctr", [.. ctr, "run", "--detach", TestImages.Reference(TestImages.Idle), id], null)).Ok();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Tool.Run("ctr", [.. ctr, "task", "rm", "--force", id], null);
        await Tool.Run("ctr", [.. ctr, "container", "rm", id], null);
        return seconds;
    }

    private static string Manifest(string name) =>
        $$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}"},"spec":{"terminationGracePeriodSeconds":1,
        "containers":[{"name":"main","image":"{{{TestImages.Reference(TestImages.Idle)}}}"}]}}
        """;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
