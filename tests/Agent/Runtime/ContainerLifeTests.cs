using Edge.Agent.Runtime;
using Edge.Proto.Model;
using Edge.Tests.Support.Containers;

namespace Edge.Tests.Agent.Runtime;

/// <summary>What survives what, with a real containerd.</summary>
public sealed class ContainerLifeTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [SkippableFact]
    public async Task A_containerd_that_dies_keeps_containers_and_the_events_come_back()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("kill");
        var image = await bench.Pull(TinyImage.Busybox());
        var id = await bench.Run(bench.Request(image, ["sh", "-c", "echo before; sleep 2; echo after; exit 3"]));
        var before = (await bench.Until(id, c => c.State == RunState.Running)).Pid;

        await bench.Daemon.Kill();
        var down = await Assert.ThrowsAsync<RuntimeException>(() => bench.Runtime.Observe(None));
        Assert.Equal(RuntimeReason.Unavailable, down.Reason);
        await bench.Daemon.Run();

        Assert.Equal(before, (await bench.Until(id, c => c.State == RunState.Running)).Pid);
        Assert.Equal(3, (await bench.Ended(id)).ExitCode);
        Assert.Equal("before\nafter\n", bench.LogText());
        await NextExit(bench, id);
    }

    [SkippableFact]
    public async Task An_agent_that_restarts_takes_up_the_output_without_loss()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("fifo");
        var image = await bench.Pull(TinyImage.Busybox());
        var script = "seq 1 20000; sleep 1; seq 20001 60000; sleep 1; seq 60001 70000; sleep 30";
        var id = await bench.Run(bench.Request(image, ["sh", "-c", script]));

        await bench.Runtime.DisposeAsync();
        await Task.Delay(1500);
        await bench.RestartAgent();
        await bench.Until(id, _ => File.Exists(bench.LogFile()) && bench.LogText().EndsWith("\n70000\n"));

        Assert.Equal(Enumerable.Range(1, 70000).Select(i => $"{i}"), bench.LogText().TrimEnd().Split('\n'));
        await bench.Runtime.RemoveContainer(id, None);
    }

    [SkippableFact]
    public async Task Every_act_may_be_repeated()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("again");
        var image = await bench.Pull(TinyImage.Busybox());
        var request = bench.Request(image, ["sleep", "100"]);
        var id = await bench.Run(request);
        Assert.Equal(id, await bench.Run(request));
        Assert.Single(await bench.Runtime.Observe(None));

        await bench.Runtime.Kill(id, 9, all: true, None);
        var ended = await bench.Ended(id);
        Assert.Equal(137, ended.ExitCode);
        Assert.False(ended.OomKilled);
        await bench.Runtime.Kill(id, 9, all: true, None);
        await bench.Runtime.StartContainer(id, None);
        Assert.Equal(RunState.Exited, (await bench.Ended(id)).State);
        var next = await bench.Run(bench.Request(image, ["sleep", "100"], attempt: 1));
        await bench.Runtime.RemoveContainer(id, None);
        await bench.Runtime.RemoveContainer(id, None);
        await bench.Runtime.RemoveContainer(next, None);
        Assert.Empty(await bench.Runtime.Observe(None));
    }

    [SkippableFact]
    public async Task After_a_reboot_containers_are_seen_as_ended_and_a_new_attempt_runs()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("boot");
        var image = await bench.Pull(TinyImage.Busybox());
        var id = await bench.Run(bench.Request(image, ["sleep", "100"]));
        await bench.Daemon.Ctr("tasks", "delete", "-f", id);
        Directory.Delete(bench.Settings.RunDir, recursive: true);
        await bench.RestartAgent();

        var seen = Assert.Single(await bench.Runtime.Observe(None));

        Assert.Equal((RunState.Exited, null), (seen.State, seen.ExitCode));
        await bench.Runtime.RemoveContainer(id, None);
        var next = await bench.Run(bench.Request(image, ["true"], attempt: 1));
        Assert.Equal(0, (await bench.Ended(next)).ExitCode);
    }

    [SkippableFact]
    public async Task Limits_identity_exec_and_metrics_reach_the_process()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("spec");
        var image = await bench.Pull(TinyImage.Busybox(user: "move", env: ["A=image", "B=image"]));
        var request = bench.Request(image, ["sh", "-c", "id; env; echo done >/dev/termination-log; sleep 100"]);
        var log = Path.Combine(bench.Daemon.Directory, "termination-log");
        request = request with
        {
            TerminationLog = log,
            Env = [new("B", "pod"), new("C", "$(B)-$(NONE)-$$(B)")],
            Container = request.Container with
            {
                Resources = new ResourceRequirements
                {
                    Limits = new Dictionary<string, Quantity>
                    {
                        ["memory"] = Quantity.Parse("32Mi"),
                        ["cpu"] = Quantity.Parse("500m"),
                    },
                },
                SecurityContext = new SecurityContext
                {
                    SeccompProfile = new SeccompProfile { Type = "RuntimeDefault" },
                    AllowPrivilegeEscalation = false,
                    ReadOnlyRootFilesystem = true,
                },
            },
        };
        request = request with
        {
            Pod = request.Pod with { Spec = request.Pod.Spec with { Containers = [request.Container] } },
        };
        var id = await bench.Run(request);
        await bench.Until(id, _ => File.Exists(log) && new FileInfo(log).Length > 0);

        var exec = await bench.Runtime.Exec(
            id, ["sh", "-c", "cat /proc/self/status; touch /x; exit 4"], TimeSpan.FromSeconds(10), None);
        var slow = await bench.Runtime.Exec(id, ["sleep", "60"], TimeSpan.FromMilliseconds(300), None);

        Assert.Contains("uid=1500(move) gid=1600(move) groups=1600(move),1700(extra)", bench.LogText());
        Assert.Contains("A=image\n", bench.LogText());
        Assert.Contains("B=pod\n", bench.LogText());
        Assert.Contains("C=pod-$(NONE)-$(B)\n", bench.LogText());
        Assert.Equal((4, false), (exec.ExitCode, exec.TimedOut));
        Assert.Contains("NoNewPrivs:\t1", exec.Output);
        Assert.Contains("Seccomp:\t2", exec.Output);
        Assert.Contains("Read-only file system", exec.Output);
        Assert.True(slow.TimedOut);
        await bench.Runtime.RemoveContainer(id, None);
    }

    [SkippableFact]
    public async Task A_container_above_its_memory_is_seen_as_killed_for_it()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("oom");
        var image = await bench.Pull(TinyImage.Busybox());
        var request = bench.Request(image, ["dd", "if=/dev/zero", "of=/dev/null", "bs=64M"]);
        request = request with
        {
            Container = request.Container with
            {
                Resources = new ResourceRequirements
                {
                    Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("16Mi") },
                },
            },
        };

        var ended = await bench.Ended(await bench.Run(request));

        Assert.Equal((137, true), (ended.ExitCode, ended.OomKilled));
        await bench.Runtime.RemoveContainer(ended.Id, None);
    }

    private static async Task NextExit(RuntimeBench bench, string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            if (await bench.Runtime.Events.ReadAsync(limit.Token) is RuntimeEvent.Exited exited)
            {
                Assert.Equal((id, 3), (exited.ContainerId, exited.ExitCode));
                return;
            }
        }
    }
}
