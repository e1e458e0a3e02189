using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Status;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Reconcile.Status;

public sealed class PodStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Pod Always = Pod("""{"containers":[{"name":"c","image":"i:1"}]}""");

    private static readonly Pod Never = Pod(
        """{"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}""");

    [Fact]
    public void A_new_pod_is_pending_and_its_container_is_being_created()
    {
        var status = Of(View(Always));
        Assert.Equal("Pending", status.Phase);
        Assert.Equal("ContainerCreating", State(status).Waiting?.Reason);
        Assert.Equal("False", Condition(status, "Ready").Status);
        Assert.Equal("containers with unready status: [c]", Condition(status, "Ready").Message);
        Assert.Equal("True", Condition(status, "PodScheduled").Status);
        Assert.Equal("True", Condition(status, "Initialized").Status);
        Assert.Equal("BestEffort", status.QosClass);
    }

    [Fact]
    public void A_running_container_without_probes_is_ready()
    {
        var status = Of(Running(Always));
        Assert.Equal("Running", status.Phase);
        Assert.NotNull(State(status).Running);
        Assert.True(status.ContainerStatuses![0].Ready);
        Assert.Equal("True", Condition(status, "Ready").Status);
        Assert.Equal("True", Condition(status, "ContainersReady").Status);
        Assert.Equal("10.64.0.5", status.PodIP);
    }

    [Fact]
    public void A_container_added_to_look_into_the_pod_is_shown_by_itself_and_counts_for_nothing()
    {
        var pod = Pod("""
            {"containers":[{"name":"c","image":"i:1","resources":{"limits":{"cpu":"1","memory":"1Gi"}}}],
             "ephemeralContainers":[{"name":"look","image":"tools:1","targetContainerName":"c"}]}
            """);
        var status = Of(Running(pod));
        Assert.Equal("Running", status.Phase);
        Assert.Equal("True", Condition(status, "Ready").Status);
        Assert.Equal("Guaranteed", status.QosClass);
        Assert.Equal(["c"], status.ContainerStatuses!.Select(one => one.Name));
        var look = Assert.Single(status.EphemeralContainerStatuses!);
        Assert.Equal("ContainerCreating", look.State?.Waiting?.Reason);
        Assert.False(look.Ready);
    }

    [Fact]
    public void A_readiness_probe_that_has_not_passed_keeps_the_pod_unready()
    {
        var pod = Pod("""{"containers":[{"name":"c","image":"i:1","readinessProbe":{"tcpSocket":{"port":1}}}]}""");
        var status = Of(Running(pod));
        Assert.Equal("Running", status.Phase);
        Assert.Equal("ContainersNotReady", Condition(status, "Ready").Reason);
        Assert.True(status.ContainerStatuses![0].Started);
        var ready = Of(Running(pod, record => record with { Ready = true }));
        Assert.Equal("True", Condition(ready, "Ready").Status);
    }

    [Fact]
    public void A_startup_probe_that_has_not_passed_keeps_the_container_not_started()
    {
        var pod = Pod("""{"containers":[{"name":"c","image":"i:1","startupProbe":{"tcpSocket":{"port":1}}}]}""");
        Assert.False(Of(Running(pod)).ContainerStatuses![0].Started);
        Assert.True(Of(Running(pod, record => record with { StartupDone = true })).ContainerStatuses![0].Started);
    }

    [Fact]
    public void A_container_that_waits_to_restart_is_in_CrashLoopBackOff_and_keeps_its_last_state()
    {
        var status = Of(Exited(Always, 3, level: 2));
        var state = status.ContainerStatuses![0];
        Assert.Equal("Running", status.Phase);
        Assert.Equal("CrashLoopBackOff", state.State!.Waiting!.Reason);
        Assert.Equal(
            "back-off 20s restarting failed container=c pod=p_default(u)", state.State.Waiting.Message);
        Assert.Equal(3, state.LastState!.Terminated!.ExitCode);
        Assert.Equal("False", Condition(status, "Ready").Status);
    }

    [Theory]
    [InlineData("ErrImagePull", "Pending")]
    [InlineData("ImagePullBackOff", "Pending")]
    [InlineData("CreateContainerConfigError", "Pending")]
    [InlineData("InvalidImageName", "Pending")]
    public void What_holds_a_container_up_is_its_waiting_reason(string reason, string phase)
    {
        var view = View(Always);
        var memory = view.Memory.With("c", new ContainerMemory { Obstacle = new Obstacle(reason, "why", Now) });
        var status = Of(view with { Memory = memory });
        Assert.Equal(phase, status.Phase);
        Assert.Equal(reason, State(status).Waiting?.Reason);
        Assert.Equal("why", State(status).Waiting?.Message);
    }

    [Fact]
    public void A_runtime_that_does_not_answer_is_no_reason_to_show()
    {
        var view = View(Always);
        var memory = view.Memory.With("c", new ContainerMemory { Obstacle = new Obstacle("", "down", Now) });
        Assert.Equal("ContainerCreating", State(Of(view with { Memory = memory })).Waiting?.Reason);
    }

    [Theory]
    [InlineData(0, "Completed", "Succeeded", "PodCompleted")]
    [InlineData(7, "Error", "Failed", "PodFailed")]
    public void An_ended_pod_shows_how_it_ended(int code, string reason, string phase, string ready)
    {
        var view = Exited(Never, code, level: 0);
        var status = Of(view with { Record = view.Record with { TerminalPhase = phase } });
        Assert.Equal(phase, status.Phase);
        Assert.Equal(reason, State(status).Terminated!.Reason);
        Assert.Equal(code, State(status).Terminated!.ExitCode);
        Assert.Equal(ready, Condition(status, "Ready").Reason);
    }

    /// <summary>Until then a changed image may begin it again, and a reported end sticks.</summary>
    [Fact]
    public void An_end_that_is_not_recorded_is_not_reported()
    {
        Assert.Equal("Running", Of(Exited(Never, 0, level: 0)).Phase);
        Assert.Equal("Running", Of(Exited(Never, 1, level: 0)).Phase);
    }

    [Fact]
    public void A_pod_whose_init_container_is_not_done_waits_for_it()
    {
        var pod = Pod("""
            {"initContainers":[{"name":"first","image":"i:1"}],"containers":[{"name":"c","image":"i:1"}]}
            """);
        var status = Of(View(pod));
        Assert.Equal("Pending", status.Phase);
        Assert.Equal("PodInitializing", State(status).Waiting?.Reason);
        Assert.Equal("containers with incomplete status: [first]", Condition(status, "Initialized").Message);
    }

    [Fact]
    public void A_transition_time_moves_only_with_the_status()
    {
        var view = Running(Always);
        var first = Of(view);
        var record = view.Record with { Conditions = first.Conditions! };
        var later = Of(view with { Record = record, Now = Now.AddMinutes(5) });
        Assert.Equal(Now, Condition(later, "Ready").LastTransitionTime);
        var exited = Exited(Always, 1, level: 1);
        var broken = Of(exited with
        {
            Record = exited.Record with { Conditions = first.Conditions! },
            Now = Now.AddSeconds(5),
        });
        Assert.Equal(Now.AddSeconds(5), Condition(broken, "Ready").LastTransitionTime);
        Assert.Equal(Now, Condition(broken, "PodScheduled").LastTransitionTime);
    }

    [Fact]
    public void A_pod_that_is_not_understood_says_so()
    {
        var status = Of(View(Always) with { Refused = "this agent does not know the field spec.warp" });
        Assert.Equal("Pending", status.Phase);
        Assert.Equal("UnsupportedPod", State(status).Waiting?.Reason);
    }

    private static PodStatus Of(PodView view) => PodStatusPlan.For(view, "192.0.2.1");

    private static Condition Condition(PodStatus status, string type) =>
        Assert.Single(status.Conditions!, condition => condition.Type == type);

    private static ContainerState State(PodStatus status) => status.ContainerStatuses![0].State!;

    private static Pod Pod(string spec) => JsonSerializer.Deserialize(
        $$"""{"metadata":{"uid":"u","name":"p","namespace":"default"},"spec":{{spec}}}""", ModelJson.Default.Pod)!;

    private static PodView View(Pod pod) => new()
    {
        Uid = "u",
        Pod = pod,
        Record = PodRecordPlan.New(pod, Now),
        Now = Now,
    };

    private static PodView Running(Pod pod, Func<ContainerRecord, ContainerRecord>? change = null)
    {
        var view = View(pod);
        var hash = ContainerIdentity.SpecHash(pod.Spec.Containers[0]);
        var record = new ContainerRecord { Started = true, SpecHash = hash };
        return view with
        {
            SandboxListed = true,
            Record = (view.Record with { SandboxUp = true, PodIp = "10.64.0.5" })
                .With("c", change?.Invoke(record) ?? record),
            Containers =
            [
                new SeenContainer { Id = "x", Name = "c", State = SeenState.Running, SpecHash = hash, StartedAt = Now },
            ],
        };
    }

    private static PodView Exited(Pod pod, int code, int level)
    {
        var view = Running(pod, record => record with { BackoffLevel = level });
        var exited = view.Containers[0] with { State = SeenState.Exited, ExitCode = code, FinishedAt = Now };
        view = view with { Containers = [exited] };
        return view with { Record = PodRecordPlan.Absorb(view) };
    }
}
