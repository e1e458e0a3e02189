using Edge.Proto.Model;
using Edge.Server.Control.CronJobs;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Edge.Tests.Server.Control.Jobs;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control.CronJobs;

/// <summary>CronJobs and their Jobs over a real store, through outages and clocks that are set.</summary>
public sealed class CronJobTests
{
    /// <summary>The CronJob of Kubernetes' documentation.</summary>
    private static readonly string _hello = Documentation.Read("cronjob");

    [Fact]
    public async Task The_cron_job_of_the_documentation_runs_each_minute_and_keeps_its_history()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello);
        for (var minute = 0; minute < 6; minute++)
        {
            world.Clock.Advance(await Look(world) ?? TimeSpan.Zero);
            await Look(world);
            var job = Jobs(world).Single(one => one.Status?.CompletionTime is null);
            await world.Settle(job.Metadata.Name!);
            await world.End(Assert.Single(world.Pods(job.Metadata.Name!)), "Succeeded");
            await world.Settle(job.Metadata.Name!);
            await Look(world);
        }

        Assert.Equal(
            ["hello-29453764", "hello-29453765", "hello-29453766"], Jobs(world).Select(job => job.Metadata.Name));
        var status = CronJob(world).Status!;
        Assert.Null(status.Active);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 6, 0, TimeSpan.Zero), status.LastScheduleTime);
        Assert.Equal(status.LastScheduleTime, status.LastSuccessfulTime!.Value.AddTicks(
            -(status.LastSuccessfulTime.Value.Ticks % TimeSpan.TicksPerMinute)));
        Assert.Equal(["SawCompletedJob", "SuccessfulCreate", "SuccessfulDelete"],
            world.Events("hello").Distinct().Order());
    }

    [Fact]
    public async Task Its_job_is_one_that_the_api_would_have_made()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Look(world);
        var job = Assert.Single(Jobs(world));
        Assert.Equal("hello-29453761", job.Metadata.Name);
        Assert.Equal(
            "2026-01-01T00:01:00Z", job.Metadata.Annotations!["batch.kubernetes.io/cronjob-scheduled-timestamp"]);
        Assert.Equal(CronJob(world).Metadata.Uid, Owners.ControllerOf(job.Metadata)!.Uid);
        Assert.Equal((1, 1, 6), (job.Spec.Parallelism, job.Spec.Completions, job.Spec.BackoffLimit));
        Assert.Equal(job.Metadata.Uid, job.Spec.Selector!.MatchLabels!["batch.kubernetes.io/controller-uid"]);
        var active = Assert.Single(CronJob(world).Status!.Active!);
        Assert.Equal(("Job", "batch/v1", job.Metadata.Uid), (active.Kind, active.ApiVersion, active.Uid));
    }

    [Fact]
    public async Task No_time_is_used_twice_whatever_the_clock_does()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello.Replace("* * * * *", "*/2 * * * *"));
        var random = new Random(3);
        var made = new HashSet<string>();
        for (var step = 0; step < 300; step++)
        {
            if (random.Next(8) == 0)
            {
                world.Clock.StepWall(TimeSpan.FromMinutes(random.Next(-40, 40)));
            }

            if (random.Next(10) == 0)
            {
                await world.Restart();
            }

            world.Clock.Advance(TimeSpan.FromSeconds(random.Next(180)));
            await Look(world);
            foreach (var job in Jobs(world))
            {
                Assert.True(made.Add(job.Metadata.Name!), $"{job.Metadata.Name} ran twice");
                await world.Objects.Delete(Resources.Jobs, "default", job.Metadata.Name!, uid: null, default);
            }
        }

        Assert.True(made.Count > 20);
    }

    [Fact]
    public async Task A_power_cut_loses_no_time_and_uses_none_twice()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello);
        var made = world.Fixture.LogLength();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Look(world);
        var end = world.Fixture.LogLength();
        var cut = 0;
        for (var kept = made; kept <= end; kept += 4096 + 24)
        {
            await using var after = JobWorld.Over(
                world.Fixture.OpenCopy(++cut, (int)(end - kept)), world.Clock, 100 + cut);
            await Look(after);
            Assert.Equal("hello-29453761", Assert.Single(Jobs(after)).Metadata.Name);
            Assert.Equal(Jobs(after)[0].Metadata.Uid, Assert.Single(CronJob(after).Status!.Active!).Uid);
        }

        Assert.True(cut > 1);
    }

    [Fact]
    public async Task An_outage_is_made_up_for_once()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello);
        world.Clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(10));
        await Look(world);
        await Look(world);
        Assert.Equal("hello-29458080", Assert.Single(Jobs(world)).Metadata.Name);
        Assert.Contains("TooManyMissedTimes", world.Events("hello"));
    }

    [Fact]
    public async Task A_name_that_another_one_has_is_told_and_its_time_passed_over()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello);
        await world.Create("""
            apiVersion: batch/v1
            kind: Job
            metadata: {name: hello-29453761}
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}
            """);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Look(world);
        await Look(world);
        Assert.Empty(Jobs(world));
        Assert.Equal(["FailedCreate"], world.Events("hello"));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Look(world);
        Assert.Equal("hello-29453762", Assert.Single(Jobs(world)).Metadata.Name);
    }

    [Fact]
    public async Task Replace_ends_the_job_before_and_makes_the_next()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello.Replace("spec:\n  schedule", "spec:\n  concurrencyPolicy: Replace\n  schedule"));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Look(world);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Look(world);
        var job = Assert.Single(Jobs(world));
        Assert.Equal("hello-29453762", job.Metadata.Name);
        Assert.Equal(job.Metadata.Uid, Assert.Single(CronJob(world).Status!.Active!).Uid);
    }

    [Fact]
    public async Task A_clock_that_is_set_is_seen_within_ten_minutes()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello.Replace("* * * * *", "0 12 * * *"));
        Assert.Equal(TimeSpan.FromMinutes(10), await Look(world));
        world.Clock.StepWall(TimeSpan.FromHours(13));
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await Look(world);
        Assert.Single(Jobs(world));
    }

    [Fact]
    public async Task A_template_that_makes_no_job_is_told_and_tried_again()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello);
        await world.Objects.Update(Resources.CronJobs, "default", "hello", tree =>
        {
            tree["spec"]!["jobTemplate"]!["spec"]!["parallelism"] = -1;
            return tree;
        }, default);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Look(world));
        Assert.Equal(["FailedCreate"], world.Events("hello"));
    }

    [Fact]
    public async Task A_job_made_by_hand_from_it_counts_as_unexpected()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_hello);
        var hello = CronJob(world);
        var job = JobDraft.Of(
            new CronJobState(hello, [], TimeZoneInfo.Utc), world.Clock.GetUtcNow(), "uid-by-hand",
            world.Clock.GetUtcNow(), out _)!;
        job["metadata"]!["name"] = "by-hand";
        await world.Fixture.Put(Resources.Jobs.KeyOf("default", "by-hand"), job.ToJsonString());
        world.Control.OwnedJobs.Look(Resources.Jobs.KeyOf("default", "by-hand"));
        await Look(world);
        Assert.Equal(["UnexpectedJob"], world.Events("hello"));
        await world.Settle("by-hand");
        Assert.Single(world.Pods("by-hand"));
    }

    private static Task<TimeSpan?> Look(JobWorld world) => world.Control.CronJobs.Sync("default/hello", default);

    private static CronJob CronJob(JobWorld world) => world.Objects.Get(Resources.CronJobs, "default", "hello")!;

    private static List<Job> Jobs(JobWorld world) =>
    [
        .. world.Objects.List(Resources.Jobs, "default")
            .Where(job => Owners.ControllerOf(job.Metadata)?.Kind == "CronJob"),
    ];
}
