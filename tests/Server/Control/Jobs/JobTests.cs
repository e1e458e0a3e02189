using Edge.Server.Control.Jobs;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control.Jobs;

/// <summary>Jobs from their making to their end, over a real store.</summary>
public sealed class JobTests
{
    /// <summary>The Job of Kubernetes' documentation.</summary>
    private static readonly string _pi = Documentation.Read("job");

    [Fact]
    public async Task The_job_of_the_documentation_runs_to_its_end()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        Assert.StartsWith("pi-", pod.Metadata.Name);
        Assert.Equal([JobFinalizer.Name], pod.Metadata.Finalizers!);
        Assert.Equal("pi", pod.Metadata.Labels!["batch.kubernetes.io/job-name"]);
        Assert.Equal("Never", pod.Spec.RestartPolicy);
        Assert.Equal((1, 0), (world.Job("pi").Status!.Active, world.Job("pi").Status!.Ready));

        await world.Place(pod, "n1");
        await world.Settle("pi");
        await world.End(pod, "Succeeded");
        await world.Settle("pi");

        var status = world.Job("pi").Status!;
        Assert.Equal((null, 1, null, 0, 0),
            (status.Active, status.Succeeded, status.Failed, status.Ready, status.Terminating));
        Assert.Equal(["SuccessCriteriaMet", "Complete"], status.Conditions!.Select(one => one.Type));
        Assert.All(status.Conditions!, one => Assert.Equal("CompletionsReached", one.Reason));
        Assert.Equal(world.Clock.GetUtcNow(), status.CompletionTime);
        Assert.Null(Assert.Single(world.Pods("pi")).Metadata.Finalizers);
        Assert.Equal(["Completed", "SuccessfulCreate"], world.Events("pi").Order());
    }

    [Fact]
    public async Task An_indexed_pod_knows_its_index()
    {
        await using var world = await JobWorld.Start();
        await world.Create(
            _pi.Replace("  backoffLimit: 4", "  completions: 2\n  parallelism: 2\n  completionMode: Indexed"));
        await world.Settle("pi");
        var pod = world.Pods("pi").Single(one => one.Spec.Hostname == "pi-1");
        Assert.StartsWith("pi-1-", pod.Metadata.Name);
        Assert.Equal("1", pod.Metadata.Annotations![JobState.IndexAnnotation]);
        Assert.Equal("1", pod.Metadata.Labels![JobState.IndexAnnotation]);
        var index = Assert.Single(pod.Spec.Containers[0].Env!);
        Assert.Equal("JOB_COMPLETION_INDEX", index.Name);
        Assert.Equal($"metadata.labels['{JobState.IndexAnnotation}']", index.ValueFrom!.FieldRef!.FieldPath);
    }

    [Fact]
    public async Task Failures_back_off_until_the_limit_ends_the_job()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi.Replace("backoffLimit: 4", "backoffLimit: 2"));
        foreach (var seconds in new[] { 10, 20 })
        {
            await world.Settle("pi");
            var pod = Assert.Single(world.Pods("pi"), one => one.Status?.Phase != "Failed");
            await world.Place(pod, "n1");
            await world.End(pod, "Failed", 1);
            Assert.Equal(TimeSpan.FromSeconds(seconds), await world.Settle("pi"));
            world.Clock.Advance(TimeSpan.FromSeconds(seconds));
        }

        await world.Settle("pi");
        await world.End(Assert.Single(world.Pods("pi"), one => one.Status?.Phase != "Failed"), "Failed", 1);
        await world.Settle("pi");
        var status = world.Job("pi").Status!;
        Assert.Equal((3, null), (status.Failed, status.CompletionTime));
        Assert.Equal(["FailureTarget", "Failed"], status.Conditions!.Select(one => one.Type));
        Assert.All(status.Conditions!, one => Assert.Equal("BackoffLimitExceeded", one.Reason));
        Assert.Contains("BackoffLimitExceeded", world.Events("pi"));
    }

    [Fact]
    public async Task A_pod_that_finished_out_of_reach_is_not_run_again_and_counts_when_its_node_returns()
    {
        await using var world = await JobWorld.Start();
        await world.Node("n1", isThere: true);
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Place(pod, "n1");
        await world.Node("n1", isThere: false);
        await world.Settle("pi");
        world.Clock.Advance(TimeSpan.FromDays(30));
        await world.Settle("pi");
        await world.Restart();
        await world.Settle("pi");
        Assert.Single(world.Pods("pi"));
        Assert.Equal(1, world.Job("pi").Status!.Active);

        await world.Node("n1", isThere: true);
        await world.End(pod, "Succeeded");
        await world.Settle("pi");
        Assert.Single(world.Pods("pi"));
        Assert.Equal(1, world.Job("pi").Status!.Succeeded);
        Assert.NotNull(JobState.IsOver(world.Job("pi")));
    }

    [Fact]
    public async Task A_suspended_job_counts_what_finished_out_of_reach()
    {
        await using var world = await JobWorld.Start();
        await world.Node("n1", isThere: true);
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Place(pod, "n1");
        await world.Node("n1", isThere: false);
        await world.Edit("pi", spec => spec["suspend"] = true);
        await world.Settle("pi");
        Assert.NotNull(JobState.Find(world.Job("pi"), "Suspended"));
        await world.Edit("pi", spec => spec["suspend"] = false);
        await world.Settle("pi");
        await world.Node("n1", isThere: true);
        await world.End(pod, "Succeeded");
        await world.Settle("pi");
        Assert.Equal(pod.Metadata.Uid, Assert.Single(world.Pods("pi")).Metadata.Uid);
        Assert.Equal(1, world.Job("pi").Status!.Succeeded);
    }

    [Fact]
    public async Task A_fenced_pod_counts_as_failed_and_is_replaced()
    {
        await using var world = await JobWorld.Start();
        await world.Node("n1", isThere: false);
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Place(pod, "n1");
        await world.Delete(pod);
        await world.Settle("pi");
        Assert.Equal((1, 1, 1), (world.Job("pi").Status!.Failed, world.Job("pi").Status!.Active,
            world.Job("pi").Status!.Terminating));

        // What it says afterwards changes nothing: it is counted.
        await world.End(pod, "Succeeded");
        await world.Delete(pod, grace: 0);
        await world.Settle("pi");
        Assert.Equal((1, null), (world.Job("pi").Status!.Failed, world.Job("pi").Status!.Succeeded));
        Assert.NotEqual(pod.Metadata.Uid, Assert.Single(world.Pods("pi")).Metadata.Uid);
    }

    [Fact]
    public async Task A_pod_that_succeeded_and_is_deleted_before_it_is_counted_counts()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Place(pod, "n1");
        await world.End(pod, "Succeeded");
        await world.Delete(pod);
        Assert.Single(world.Pods("pi"));
        await world.Settle("pi");
        Assert.Empty(world.Pods("pi"));
        Assert.Equal(1, world.Job("pi").Status!.Succeeded);
        Assert.NotNull(JobState.Find(world.Job("pi"), "Complete"));
    }

    [Fact]
    public async Task A_suspended_job_lets_its_pods_go_uncounted_and_starts_anew()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Node("n1", isThere: true);
        await world.Place(pod, "n1");
        await world.Edit("pi", spec => spec["suspend"] = true);
        await world.Settle("pi");
        var gone = Assert.Single(world.Pods("pi")).Metadata;
        Assert.Equal((30, null), (gone.DeletionGracePeriodSeconds, gone.Finalizers));
        Assert.Equal((null, 1), (world.Job("pi").Status!.Active, world.Job("pi").Status!.Terminating));

        world.Clock.Advance(TimeSpan.FromSeconds(5));
        await world.Delete(pod, grace: 0);
        await world.Edit("pi", spec => spec["suspend"] = false);
        await world.Settle("pi");
        var status = world.Job("pi").Status!;
        Assert.Equal((1, null, world.Clock.GetUtcNow()), (status.Active, status.Failed, status.StartTime));
        Assert.Equal("JobResumed", Assert.Single(status.Conditions!).Reason);
        Assert.Equal(
            ["Resumed", "SuccessfulCreate", "SuccessfulCreate", "SuccessfulDelete", "Suspended"],
            world.Events("pi").Order());
    }

    [Fact]
    public async Task A_policy_that_fails_the_job_says_which_pod_and_rule()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi.Replace("  backoffLimit: 4", """
              podFailurePolicy:
                rules:
                - action: FailJob
                  onExitCodes: {operator: In, values: [42]}
            """));
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Place(pod, "n1");
        await world.End(pod, "Failed", 42);
        await world.Settle("pi");
        var failed = JobState.Find(world.Job("pi"), "Failed")!;
        Assert.Equal("PodFailurePolicy", failed.Reason);
        Assert.Equal(
            $"Container pi for pod default/{pod.Metadata.Name} failed with exit code 42 "
            + "matching FailJob rule at index 0",
            failed.Message);
    }

    [Fact]
    public async Task Pods_of_a_job_that_is_gone_can_go_too()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Objects.Delete(Resources.Jobs, "default", "pi", uid: null, default);
        await world.Delete(pod);
        Assert.Single(world.Pods("pi"));
        await world.Settle("pi");
        Assert.Empty(world.Pods("pi"));
    }

    [Fact]
    public async Task A_finished_job_goes_after_its_time_also_across_a_restart()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi.Replace("  backoffLimit: 4", "  ttlSecondsAfterFinished: 100"));
        await world.Settle("pi");
        Assert.Null(await world.Control.JobExpiry.Sync("default/pi", default));
        await world.End(Assert.Single(world.Pods("pi")), "Succeeded");
        await world.Settle("pi");
        Assert.Equal(TimeSpan.FromSeconds(100), await world.Control.JobExpiry.Sync("default/pi", default));
        world.Clock.Advance(TimeSpan.FromSeconds(40));
        await world.Restart();
        Assert.Equal(TimeSpan.FromSeconds(60), await world.Control.JobExpiry.Sync("default/pi", default));
        world.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(await world.Control.JobExpiry.Sync("default/pi", default));
        Assert.Equal([Deletion.ForegroundFinalizer], world.Job("pi").Metadata.Finalizers!);
        Assert.Null(await world.Control.JobExpiry.Sync("default/pi", default));
    }

    [Fact]
    public async Task A_template_that_makes_no_pod_is_told_and_tried_again()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi);
        await world.Edit("pi", spec => spec["template"]!["spec"]!["priorityClassName"] = "absent");
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Control.Jobs.Sync("default/pi", default));
        Assert.Contains("FailedCreate", world.Events("pi"));
        Assert.NotNull(world.Job("pi").Status!.StartTime);
    }

    [Fact]
    public async Task A_quiet_job_writes_nothing()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi.Replace("  backoffLimit: 4", "  parallelism: 3\n  completions: 3"));
        await world.Settle("pi");
        var revision = world.Objects.Store.Revision;
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        await world.Control.Jobs.Sync("default/pi", default);
        Assert.Equal(revision, world.Objects.Store.Revision);
    }

    [Fact]
    public async Task More_ended_pods_than_one_transaction_counts_are_all_counted()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi.Replace("  backoffLimit: 4", "  parallelism: 250\n  completions: 250"));
        await world.Settle("pi");
        foreach (var pod in world.Pods("pi"))
        {
            await world.End(pod, "Succeeded");
        }

        await world.Settle("pi");
        Assert.Equal(250, world.Job("pi").Status!.Succeeded);
        Assert.NotNull(JobState.Find(world.Job("pi"), "Complete"));
        Assert.All(world.Pods("pi"), pod => Assert.Null(pod.Metadata.Finalizers));
    }

    [Fact]
    public async Task A_pod_that_ends_while_it_is_dropped_still_counts()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.Node("n1", isThere: true);
        await world.Place(pod, "n1");
        await world.Edit("pi", spec => spec["suspend"] = true);
        var state = world.Control.Jobs.Read("default/pi")!;
        var plan = JobPlan.Of(state, world.Clock.GetUtcNow());
        Assert.Single(plan.Scale.Drop);
        await world.End(pod, "Succeeded");
        var writer = new JobWriter(world.Objects, world.Control.Pods, world.Control.Writer, world.Clock);
        await writer.Act(state, plan, default);
        Assert.Equal([JobFinalizer.Name], Assert.Single(world.Pods("pi")).Metadata.Finalizers!);
        await world.Settle("pi");
        Assert.Equal(1, world.Job("pi").Status!.Succeeded);
    }

    [Fact]
    public async Task A_status_that_was_overtaken_counts_nothing()
    {
        await using var world = await JobWorld.Start();
        await world.Create(_pi);
        await world.Settle("pi");
        var pod = Assert.Single(world.Pods("pi"));
        await world.End(pod, "Succeeded");
        var state = world.Control.Jobs.Read("default/pi")!;
        var plan = JobPlan.Of(state, world.Clock.GetUtcNow());
        var writer = new JobWriter(world.Objects, world.Control.Pods, world.Control.Writer, world.Clock);
        await world.Edit("pi", spec => spec["activeDeadlineSeconds"] = 100);
        Assert.False(await writer.Count(state, plan, default));
        Assert.Null(world.Job("pi").Status!.Succeeded);

        await world.Settle("pi");
        Assert.False(await writer.Count(state, plan, default));
        Assert.Equal(1, world.Job("pi").Status!.Succeeded);
    }
}
