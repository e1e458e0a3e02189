using Edge.Agent.Local;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Local;

/// <summary>A pod's line, as kubectl prints it.</summary>
public sealed class PodColumnsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_running_pod_shows_its_ready_containers_its_restarts_and_where_it_comes_from()
    {
        var pod = Of("Running", Running(ready: true), Running(ready: false) with
        {
            RestartCount = 3,
            LastState = new ContainerState
            {
                Terminated = new ContainerStateTerminated { FinishedAt = Now.AddMinutes(-5) },
            },
        });
        Assert.Equal(["default", "web", "1/2", "Running", "3 (5m ago)", "26h", "server"], PodColumns.For(pod, Now));
    }

    [Fact]
    public void The_word_is_the_worst_that_a_container_says()
    {
        Assert.Equal("CrashLoopBackOff", Word(Of("Running", Waiting("CrashLoopBackOff"), Running(ready: true))));
        Assert.Equal("Error", Word(Of("Failed", Ended(1, "Error"))));
        Assert.Equal("Completed", Word(Of("Succeeded", Ended(0, "Completed"))));
        Assert.Equal("Signal:9", Word(Of("Failed", Ended(137, "", signal: 9))));
        Assert.Equal("ExitCode:3", Word(Of("Failed", Ended(3, ""))));
        Assert.Equal("NotReady", Word(Of("Running", Ended(0, "Completed"), Running(ready: true))));
        Assert.Equal("Pending", Word(Of("Pending")));
    }

    [Fact]
    public void A_pod_that_is_not_initialized_shows_how_far_it_is()
    {
        var pod = Of("Pending", Waiting("PodInitializing"));
        Pod With(params ContainerStatus[] inits) => pod with
        {
            Spec = pod.Spec with { InitContainers = [new Container { Name = "a" }, new Container { Name = "b" }] },
            Status = pod.Status! with { InitContainerStatuses = inits },
        };

        Assert.Equal("Init:1/2", Word(With(Ended(0, "Completed"), Running(ready: false))));
        Assert.Equal("Init:Error", Word(With(Ended(1, "Error"))));
        Assert.Equal("Init:ErrImagePull", Word(With(Waiting("ErrImagePull"))));
        Assert.Equal("Init:0/2", Word(With(Waiting("PodInitializing"))));
        Assert.Equal("PodInitializing", Word(With(Ended(0, "Completed"), Ended(0, "Completed"))));
    }

    [Fact]
    public void A_pod_that_leaves_or_is_held_says_so()
    {
        var pod = Of("Running", Running(ready: true));
        Assert.Equal("Terminating", Word(pod with
        {
            Metadata = pod.Metadata with { DeletionTimestamp = Now },
        }));
        Assert.Equal("Held", Word(pod with
        {
            Metadata = pod.Metadata with
            {
                Annotations = new Dictionary<string, string> { [LocalDesk.HeldAnnotation] = "why" },
            },
        }));
    }

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(119, "119s")]
    [InlineData(125, "2m5s")]
    [InlineData(600, "10m")]
    [InlineData(4 * 3600, "4h")]
    [InlineData((4 * 3600) + 60, "4h1m")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(40 * 86400, "40d")]
    [InlineData(3 * 365 * 86400, "3y")]
    [InlineData(9 * 365 * 86400, "9y")]
    public void A_time_is_told_in_two_units_at_most(int seconds, string text) =>
        Assert.Equal(text, HumanDuration.Of(TimeSpan.FromSeconds(seconds)));

    private static string Word(Pod pod) => PodColumns.For(pod, Now)[3];

    private static Pod Of(string phase, params ContainerStatus[] containers) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "web",
            Namespace = "default",
            CreationTimestamp = Now.AddHours(-26),
            Annotations = new Dictionary<string, string> { [LocalPods.SourceAnnotation] = "api" },
        },
        Spec = new PodSpec { Containers = [.. containers.Select(_ => new Container())] },
        Status = new PodStatus { Phase = phase, ContainerStatuses = containers },
    };

    private static ContainerStatus Running(bool ready) =>
        new() { Ready = ready, State = new ContainerState { Running = new ContainerStateRunning() } };

    private static ContainerStatus Waiting(string reason) =>
        new() { State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = reason } } };

    private static ContainerStatus Ended(int code, string reason, int? signal = null) => new()
    {
        State = new ContainerState
        {
            Terminated = new ContainerStateTerminated { ExitCode = code, Reason = reason, Signal = signal },
        },
    };
}
