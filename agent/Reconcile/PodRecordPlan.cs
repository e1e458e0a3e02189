using Edge.Agent.Ledger;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// Takes what is seen into the pod's record: exits, a sandbox that a reboot took, probe verdicts. Pure; the loop saves
/// the result before it plans or reports from it.
/// </summary>
internal static class PodRecordPlan
{
    /// <summary>What a container runtime reports for a process whose end nobody saw.</summary>
    private const int LostExitCode = 255;

    public static PodRecord New(Pod pod, DateTimeOffset now) => new()
    {
        Uid = pod.Metadata.Uid ?? "",
        Namespace = pod.Metadata.Namespace ?? "default",
        Name = pod.Metadata.Name ?? "",
        StartTime = now,
        GraceSeconds = PodShape.GraceSeconds(pod),
    };

    public static PodRecord Absorb(PodView view)
    {
        var record = view.Record;
        if (view.Pod is { } pod && PodShape.GraceSeconds(pod) is var grace && grace != record.GraceSeconds)
        {
            record = record with { GraceSeconds = grace };
        }

        var lost = record.SandboxUp && !view.SandboxListed;
        foreach (var name in Names(view))
        {
            var before = record.Of(name);
            var after = AbsorbContainer(view, name, Adopt(view, name, before));
            record = after == before ? record : record.With(name, after);
        }

        return lost ? AfterReboot(view, record with { SandboxUp = false }) : record;
    }

    private static IEnumerable<string> Names(PodView view) =>
        view.Containers.Select(seen => seen.Name).Concat(view.Record.Containers.Keys).Distinct();

    /// <summary>
    /// A record that knows nothing of a container that exists (the ledger was lost) follows the container.
    /// </summary>
    private static ContainerRecord Adopt(PodView view, string name, ContainerRecord record)
    {
        if (view.Record.Containers.ContainsKey(name))
        {
            return record;
        }

        var newest = view.Containers.Where(seen => seen.Name == name).MaxBy(seen => seen.Attempt);
        return newest is null
            ? record
            : record with
            {
                Attempt = newest.Attempt,
                RestartCount = newest.Attempt,
                SpecHash = newest.SpecHash,
                Started = newest.State != SeenState.Created,
            };
    }

    private static ContainerRecord AbsorbContainer(PodView view, string name, ContainerRecord record)
    {
        if (!record.Started || record.Exit is not null)
        {
            return record;
        }

        var seen = view.Containers.FirstOrDefault(c => c.Name == name && c.Attempt == record.Attempt);
        if (seen is { State: SeenState.Running })
        {
            var verdict = view.Verdict(name);
            return record with
            {
                Ready = verdict.Ready ?? record.Ready,
                StartupDone = verdict.StartupDone ?? record.StartupDone,
            };
        }

        if (seen is { State: SeenState.Created } && view.SandboxListed)
        {
            // The agent died between the record and the start: no process of this attempt ever ran.
            return record;
        }

        var wasSeen = seen is { State: SeenState.Exited, ExitCode: not null };
        var exit = wasSeen ? ExitOf(seen!) : Lost(view, name, record);
        // A process may end with 255 of its own; only one that went with its sandbox did nothing wrong.
        var rebooted = !wasSeen && !view.SandboxListed;
        var ran = exit.FinishedAt - exit.StartedAt ?? TimeSpan.Zero;
        return record with
        {
            Exit = exit,
            Ready = false,
            StartupDone = false,
            BackoffLevel = rebooted || ran >= RestartBackoff.ResetAfter ? 0 : record.BackoffLevel,
        };
    }

    private static ContainerStateTerminated ExitOf(SeenContainer seen) => new()
    {
        ExitCode = seen.ExitCode ?? LostExitCode,
        Reason = seen.OomKilled ? "OOMKilled" : seen.ExitCode == 0 ? "Completed" : "Error",
        Message = seen.TerminationMessage,
        StartedAt = seen.StartedAt,
        FinishedAt = seen.FinishedAt,
        ContainerID = PodShape.ShownId(seen.Id),
    };

    private static ContainerStateTerminated Lost(PodView view, string name, ContainerRecord record) => new()
    {
        ExitCode = LostExitCode,
        Reason = "Unknown",
        FinishedAt = view.Now,
        StartedAt = view.Current(name)?.StartedAt,
        ContainerID = PodShape.ShownId(ContainerId.For(view.Uid, name, record.Attempt)),
    };

    /// <summary>
    /// A new sandbox begins the pod again from its first init container, as in Kubernetes; a pod that must not restart
    /// keeps what it had.
    /// </summary>
    private static PodRecord AfterReboot(PodView view, PodRecord record)
    {
        if (view.Pod is not { } pod || record.TerminalPhase is not null || pod.Spec.RestartPolicy == "Never")
        {
            return record;
        }

        foreach (var init in PodShape.PlainInits(pod))
        {
            if (record.Of(init.Name) is { Exit: { ExitCode: 0 } exit } done)
            {
                record = record.With(init.Name, NextAttempt(done) with { LastExit = exit, BackoffLevel = 0 });
            }
        }

        return record;
    }

    /// <summary>The record of the attempt after this one; the image digest stays known.</summary>
    public static ContainerRecord NextAttempt(ContainerRecord record) => record with
    {
        Attempt = record.Attempt + 1,
        RestartCount = record.RestartCount + 1,
        BackoffLevel = record.BackoffLevel + 1,
        Started = false,
        SpecHash = null,
        LastExit = record.Exit,
        Exit = null,
        Ready = false,
        StartupDone = false,
    };
}
