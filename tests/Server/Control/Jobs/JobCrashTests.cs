using Edge.Proto.Model;
using Edge.Server.Control.Jobs;

namespace Edge.Tests.Server.Control.Jobs;

/// <summary>
/// A power cut after each transaction of a Job's life: whatever the disk has, the rest of the life counts every pod
/// once.
/// </summary>
public sealed class JobCrashTests
{
    /// <summary>A frame of the store's log: a cut between two is a cut between or inside transactions.</summary>
    private const int Frame = 4096 + 24;

    [Theory]
    [InlineData("completions: 4\n  parallelism: 2")]
    [InlineData("completions: 4\n  parallelism: 2\n  completionMode: Indexed")]
    [InlineData("completions: 3\n  parallelism: 3\n  completionMode: Indexed\n  backoffLimitPerIndex: 3")]
    public async Task Counts_are_exact_wherever_the_power_was_cut(string spec)
    {
        await using var world = await JobWorld.Start();
        var before = world.Fixture.LogLength();
        await world.Create($$"""
            apiVersion: batch/v1
            kind: Job
            metadata: {name: pi}
            spec:
              {{spec.Replace("\n", "\n  ").Replace("    ", "  ")}}
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: pi, image: perl}]
            """);
        var made = world.Fixture.LogLength();
        await Live(world);
        var end = world.Fixture.LogLength();
        Assert.True(before < made && made < end);
        Check(world);

        var cut = 0;
        for (var kept = made; kept < end; kept += Frame)
        {
            await using var after = JobWorld.Over(
                world.Fixture.OpenCopy(++cut, (int)(end - kept)), world.Clock, 100 + cut);
            Assert.NotNull(after.Job("pi"));
            await Live(after);
            Check(after);
        }

        Assert.True(cut > 10);
    }

    /// <summary>Each second pod fails at first; the clock moves as the controller asks.</summary>
    private static async Task Live(JobWorld world)
    {
        for (var round = 0; round < 100 && JobState.IsOver(world.Job("pi")) is null; round++)
        {
            var wait = await world.Settle("pi");
            var running = world.Pods("pi").Where(pod => pod.Status?.Phase is not ("Succeeded" or "Failed")).ToList();
            for (var at = 0; at < running.Count; at++)
            {
                await world.Place(running[at], "n1");
                await world.End(running[at], (round + at) % 3 == 1 ? "Failed" : "Succeeded", 1);
            }

            if (running.Count == 0 && wait is { } pause)
            {
                world.Clock.Advance(pause);
            }
        }
    }

    /// <summary>No pod was ever deleted, so that the pods themselves say what the counts must be.</summary>
    private static void Check(JobWorld world)
    {
        var (job, pods) = (world.Job("pi"), world.Pods("pi"));
        Assert.Equal("Complete", JobState.IsOver(job)?.Type);
        Assert.Equal(job.Spec.Completions, job.Status!.Succeeded);
        Assert.Equal(job.Spec.Completions, pods.Count(pod => pod.Status?.Phase == "Succeeded"));
        Assert.Equal(job.Status.Failed ?? 0, pods.Count(pod => pod.Status?.Phase == "Failed"));
        Assert.Equal(pods.Count, (job.Status.Failed ?? 0) + job.Status.Succeeded);
        Assert.All(pods, pod => Assert.Null(pod.Metadata.Finalizers));
        var indexes = pods.Where(pod => pod.Status?.Phase == "Succeeded").Select(IndexOf).ToList();
        Assert.True(job.Spec.CompletionMode != "Indexed" || indexes.Distinct().Count() == indexes.Count);
    }

    private static string? IndexOf(Pod pod) => pod.Metadata.Annotations?.GetValueOrDefault(JobState.IndexAnnotation);
}
