using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Volumes;
using Edge.Agent.Runtime;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Reconcile;

/// <summary>
/// Carries out a plan, step by step, for one pod at a time. What a step changes in the record is committed before its
/// effect can be seen; what failed becomes an obstacle with a time to try again.
/// </summary>
internal sealed class PodRunner(
    IPodEdge edge, NodeLedger ledger, ImageSteps images, Action<PodEvent> events, TimeProvider clock, ILogger logger)
{
    private const int Sigkill = 9;

    /// <summary>The runtime restarts within a second or two; trying more often only heats the device.</summary>
    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(1);

    private readonly ContainerSteps _containers = new(edge, ledger, events, clock);

    /// <summary>Returns what is remembered of the pod until the next run.</summary>
    public async Task<PodMemory> Run(PodWork work, PodPlan plan, CancellationToken cancellation)
    {
        var memory = await Steps(work, plan, cancellation);
        // What waits for a later step to be committed with, and that step did not come.
        if (ledger.Pods.TryGetValue(work.View.Uid, out var committed) && !ReferenceEquals(committed, work.Record))
        {
            ledger.Save(work.Record);
        }

        return memory;
    }

    private async Task<PodMemory> Steps(PodWork work, PodPlan plan, CancellationToken cancellation)
    {
        var waiting = new HashSet<string>();
        foreach (var step in plan.Steps)
        {
            if (step.Container is { } name && waiting.Contains(name))
            {
                continue;
            }

            switch (await Guarded(work, step, cancellation))
            {
                case StepOutcome.Done:
                    break;
                case StepOutcome.ContainerWaits:
                    waiting.Add(step.Container!);
                    break;
                case StepOutcome.PodWaits:
                    return work.Memory;
            }
        }

        return work.Memory with { Broken = null };
    }

    private async Task<StepOutcome> Guarded(PodWork work, PodStep step, CancellationToken cancellation)
    {
        try
        {
            return await Act(work, step, cancellation);
        }
        catch (RuntimeException down) when (down.Reason is RuntimeReason.Unavailable or RuntimeReason.Timeout)
        {
            ReconcileLog.RuntimeDown(logger, work.View.Uid, step, down.Message);
            work.Memory = work.Memory with { Broken = new Obstacle("", down.Message, clock.GetUtcNow() + RetrySoon) };
            return StepOutcome.PodWaits;
        }
        catch (Exception broken) when (broken is RuntimeException or NetworkException or IOException
            or UnauthorizedAccessException or VolumeException or FormatException or JsonException)
        {
            ReconcileLog.StepFailed(logger, work.View.Uid, step, broken.Message);
            var level = (work.Memory.Broken?.Level ?? 0) + 1;
            var retry = clock.GetUtcNow() + RestartBackoff.Delay(level);
            work.Memory = work.Memory with { Broken = new Obstacle("FailedSync", broken.Message, retry, level) };
            Say(work, step.Container, true, "FailedSync", $"Error: {step}: {broken.Message}");
            return StepOutcome.PodWaits;
        }
    }

    private Task<StepOutcome> Act(PodWork work, PodStep step, CancellationToken cancellation) => step switch
    {
        PodStep.Terminate end => Terminate(work, end, cancellation),
        PodStep.Kill kill => Kill(work, kill, cancellation),
        PodStep.Remove remove => Done(edge.Remove(remove.Id, cancellation)),
        PodStep.ReleaseVolumes => ReleaseVolumes(work, cancellation),
        PodStep.RemoveSandbox => RemoveSandbox(work, cancellation),
        PodStep.Finish finish => Save(work, work.Record with
        {
            TerminalPhase = finish.Phase,
            Reason = finish.Reason,
            Message = finish.Message,
        }),
        PodStep.FinishRemoval => Save(work, work.Record with { Removed = true }),
        PodStep.UndoRemoval => Save(work, work.Record with { Removed = false }),
        PodStep.Forget => Forget(work, cancellation),
        PodStep.MakeSandbox => MakeSandbox(work, cancellation),
        PodStep.WriteVolumes => WriteVolumes(work, cancellation),
        PodStep.EnsureImage image => images.Ensure(work, image, cancellation),
        PodStep.BeginAttempt begin => BeginAttempt(work, begin),
        PodStep.Create create => _containers.Create(work, create, cancellation),
        PodStep.Start when work.IsFenced() => Task.FromResult(StepOutcome.PodWaits),
        PodStep.Start start => _containers.Start(work, start, cancellation),
        _ => throw new InvalidOperationException($"no such step: {step}"),
    };

    private static async Task<StepOutcome> Done(Task act)
    {
        await act;
        return StepOutcome.Done;
    }

    private Task<StepOutcome> Save(PodWork work, PodRecord record)
    {
        ledger.Save(record);
        work.Record = record;
        return Task.FromResult(StepOutcome.Done);
    }

    /// <summary>
    /// Committed together with Started, right before the start: an attempt that came no further begins again by the
    /// same number, and what was made for it leaves before.
    /// </summary>
    private static Task<StepOutcome> BeginAttempt(PodWork work, PodStep.BeginAttempt step)
    {
        work.Record = work.Record.With(step.Name, PodRecordPlan.NextAttempt(work.Record.Of(step.Name)));
        return Task.FromResult(StepOutcome.Done);
    }

    private async Task<StepOutcome> Terminate(PodWork work, PodStep.Terminate step, CancellationToken cancellation)
    {
        var seen = work.View.Containers.FirstOrDefault(container => container.Id == step.Id);
        await edge.Signal(step.Id, seen?.StopSignal ?? StopSignal.Default, cancellation);
        work.Remember(step.Name, memory => memory with { StoppingSince = clock.GetUtcNow() });
        Say(work, step.Name, false, "Killing", step.Why);
        return StepOutcome.Done;
    }

    private async Task<StepOutcome> Kill(PodWork work, PodStep.Kill step, CancellationToken cancellation)
    {
        await edge.Signal(step.Id, Sigkill, cancellation);
        if (work.Memory.Of(step.Name).StoppingSince is null)
        {
            Say(work, step.Name, false, "Killing", step.Why);
        }

        var now = clock.GetUtcNow();
        work.Remember(step.Name, memory => memory with { StoppingSince = memory.StoppingSince ?? now, KilledAt = now });
        return StepOutcome.Done;
    }

    private async Task<StepOutcome> ReleaseVolumes(PodWork work, CancellationToken cancellation)
    {
        await edge.ReleaseVolumes(work.View.Uid, cancellation);
        work.Memory = work.Memory with { VolumeDigest = null };
        return StepOutcome.Done;
    }

    private async Task<StepOutcome> RemoveSandbox(PodWork work, CancellationToken cancellation)
    {
        await edge.RemoveSandbox(work.View.Uid, cancellation);
        work.Memory = work.Memory with { Sandbox = null };
        return work.Record.SandboxUp
            ? await Save(work, work.Record with { SandboxUp = false })
            : StepOutcome.Done;
    }

    private async Task<StepOutcome> Forget(PodWork work, CancellationToken cancellation)
    {
        await edge.Forget(work.Record, cancellation);
        ledger.Forget(work.View.Uid);
        return StepOutcome.Done;
    }

    private async Task<StepOutcome> MakeSandbox(PodWork work, CancellationToken cancellation)
    {
        var cidr = work.Objects.Node().PodCIDR ?? work.Node.PodCidr;
        switch (await edge.MakeSandbox(work.Pod, work.Record.PodIp, cidr, cancellation))
        {
            case SandboxResult.Ready ready:
                work.Memory = work.Memory with { Sandbox = ready.Sandbox, Obstacle = null };
                var record = work.Record with { SandboxUp = true, PodIp = ready.Sandbox.PodIp };
                return record == work.Record ? StepOutcome.Done : await Save(work, record);
            case SandboxResult.Failed failed:
                return Hinder(
                    work, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {failed.Message}");
            default:
                throw new InvalidOperationException("a sandbox result is ready or failed");
        }
    }

    private async Task<StepOutcome> WriteVolumes(PodWork work, CancellationToken cancellation)
    {
        try
        {
            var plan = VolumePlan.For(work.Pod, work.Objects, work.Node);
            await edge.WriteVolumes(work.Pod, plan.Volumes, cancellation);
            work.Memory = work.Memory with { VolumeDigest = plan.Digest(), Obstacle = null };
            return StepOutcome.Done;
        }
        catch (Exception fault) when (fault is MissingReferenceException or VolumeException)
        {
            return Hinder(work, "FailedMount", fault.Message);
        }
    }

    private StepOutcome Hinder(PodWork work, string reason, string message)
    {
        var level = (work.Memory.Obstacle?.Level ?? 0) + 1;
        var retry = clock.GetUtcNow() + RestartBackoff.Delay(level);
        work.Memory = work.Memory with { Obstacle = new Obstacle(reason, message, retry, level) };
        Say(work, null, true, reason, message);
        return StepOutcome.PodWaits;
    }

    private void Say(PodWork work, string? container, bool warning, string reason, string message)
    {
        if (work.View.Pod is { } pod)
        {
            events(PodEvent.For(pod, container, warning, reason, message));
        }
    }
}
