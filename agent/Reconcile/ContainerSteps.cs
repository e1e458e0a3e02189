using Edge.Agent.Ledger;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Volumes;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>Makes and starts containers, and turns what goes wrong into the reasons the kubelet shows.</summary>
internal sealed class ContainerSteps(IPodEdge edge, NodeLedger ledger, Action<PodEvent> events, TimeProvider clock)
{
    /// <summary>The exit code the kubelet shows for a process that could not be started.</summary>
    private const int StartErrorCode = 128;

    public async Task<StepOutcome> Create(PodWork work, PodStep.Create step, CancellationToken cancellation)
    {
        var container = work.Container(step.Name);
        var image = work.Images[step.Name];
        try
        {
            var sandbox = work.Memory.Sandbox
                ?? throw new InvalidOperationException($"pod {work.View.Uid} has no sandbox");
            var env = EnvironmentPlan.For(work.Pod, container, work.Objects, work.Node, sandbox.PodIp);
            await edge.Create(
                new ContainerLaunch(work.Pod, container, step.Attempt, step.SpecHash, image, sandbox, env)
                {
                    TargetId = TargetOf(work.View, container),
                },
                cancellation);
        }
        catch (Exception fault) when (fault is MissingReferenceException or VolumeException
            or RuntimeException { Reason: RuntimeReason.Refused })
        {
            return Hinder(work, step.Name, "CreateContainerConfigError", fault.Message);
        }
        catch (RuntimeException fault) when (fault.Reason is RuntimeReason.Failed or RuntimeReason.InvalidArgument)
        {
            return IsBadCommand(fault)
                ? StartFailed(work, step.Name, step.Id, fault.Message)
                : Hinder(work, step.Name, "CreateContainerError", fault.Message);
        }

        // Committed together with Started, right before the start: creating again by the same id is harmless.
        work.Record = work.Record.With(step.Name, work.Record.Of(step.Name) with
        {
            SpecHash = step.SpecHash,
            Image = container.Image,
            ImageDigest = image.RepoDigest,
        });
        Say(work, step.Name, false, "Created", $"Created container: {step.Name}");
        return StepOutcome.Done;
    }

    public async Task<StepOutcome> Start(PodWork work, PodStep.Start step, CancellationToken cancellation)
    {
        var container = work.Container(step.Name);
        var record = (await WithImage(work.Record.Of(step.Name), container, cancellation)) with
        {
            Started = true,
            SpecHash = ContainerIdentity.SpecHash(container),
        };
        work.Record = work.Record.With(step.Name, record);
        ledger.Save(work.Record);
        work.Remember(step.Name, _ => ContainerMemory.Empty);
        try
        {
            await edge.Start(step.Id, cancellation);
        }
        catch (RuntimeException fault) when (fault.Reason is not (RuntimeReason.Unavailable or RuntimeReason.Timeout))
        {
            return StartFailed(work, step.Name, step.Id, fault.Message);
        }

        Say(work, step.Name, false, "Started", $"Started container {step.Name}");
        return StepOutcome.Done;
    }

    /// <exception cref="MissingReferenceException">It does not run; the kubelet's words.</exception>
    private static string? TargetOf(PodView view, Container container) =>
        (container as EphemeralContainer)?.TargetContainerName is not { Length: > 0 } target ? null
        : view.Current(target) is { State: SeenState.Running } seen ? seen.Id
        : throw new MissingReferenceException($"unable to find target container {target}");

    /// <summary>
    /// A container that was made before the agent died is not in the record. What it was made from must be, or the node
    /// would need the registry to begin it again.
    /// </summary>
    private async Task<ContainerRecord> WithImage(
        ContainerRecord record, Container container, CancellationToken cancellation) =>
        record.Image != container.Image && await edge.FindImage(container.Image ?? "", cancellation) is { } image
            ? record with { Image = container.Image, ImageDigest = image.RepoDigest }
            : record;

    /// <summary>
    /// runc refuses a command while it makes the process, which the kubelet counts as a failed start.
    /// </summary>
    private static bool IsBadCommand(RuntimeException fault) =>
        fault.Message.Contains("exec:", StringComparison.Ordinal)
        || fault.Message.Contains("OCI runtime", StringComparison.Ordinal)
        || fault.Message.Contains("runc create", StringComparison.Ordinal);

    private StepOutcome StartFailed(PodWork work, string name, string id, string message)
    {
        var now = clock.GetUtcNow();
        work.Record = work.Record.With(name, work.Record.Of(name) with
        {
            Started = true,
            SpecHash = ContainerIdentity.SpecHash(work.Container(name)),
            Exit = new ContainerStateTerminated
            {
                ExitCode = StartErrorCode,
                Reason = "StartError",
                Message = message,
                StartedAt = now,
                FinishedAt = now,
                ContainerID = PodShape.ShownId(id),
            },
        });
        ledger.Save(work.Record);
        Say(work, name, true, "Failed", $"Error: {message}");
        return StepOutcome.ContainerWaits;
    }

    private StepOutcome Hinder(PodWork work, string name, string reason, string message)
    {
        var level = (work.Memory.Of(name).Obstacle is { } before && before.Reason == reason ? before.Level : 0) + 1;
        var retry = clock.GetUtcNow() + RestartBackoff.Delay(level);
        work.Remember(name, memory => memory with { Obstacle = new Obstacle(reason, message, retry, level) });
        Say(work, name, true, "Failed", $"Error: {message}");
        return StepOutcome.ContainerWaits;
    }

    private void Say(PodWork work, string container, bool warning, string reason, string message) =>
        events(PodEvent.For(work.Pod, container, warning, reason, message));
}
