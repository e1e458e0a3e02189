using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Runtime.Images;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>Finds a container's image on the node by its pull policy, or has it fetched in the background.</summary>
internal sealed class ImageSteps(IPodEdge edge, ImagePulls pulls, Action<PodEvent> events, TimeProvider clock)
{
    public async Task<StepOutcome> Ensure(PodWork work, PodStep.EnsureImage step, CancellationToken cancellation)
    {
        var container = work.Container(step.Name);
        var memory = work.Memory.Of(step.Name);
        if (memory.Fetched is { } fetched && memory.FetchedFor == step.Image)
        {
            return Found(work, step.Name, fetched);
        }

        if (await Known(work.Record.Of(step.Name), step.Image, cancellation) is { } known)
        {
            return Found(work, step.Name, known);
        }

        var policy = PodShape.PullPolicy(container);
        if (policy != "Always" && await edge.FindImage(step.Image, cancellation) is { } present)
        {
            Say(work, step.Name, false, "Pulled", $"Container image \"{step.Image}\" already present on machine");
            return Found(work, step.Name, present);
        }

        if (policy == "Never")
        {
            return Hinder(
                work, step.Name, "ErrImageNeverPull",
                $"Container image \"{step.Image}\" is not present with pull policy of Never");
        }

        List<RegistryCredential> credentials;
        try
        {
            credentials = Credentials(work);
        }
        catch (Exception unread) when (unread is JsonException or FormatException)
        {
            return Hinder(
                work, step.Name, nameof(PullFailure.ErrImagePull),
                $"Failed to pull image \"{step.Image}\": its pull secret cannot be read: {unread.Message}");
        }

        Say(work, step.Name, false, "Pulling", $"Pulling image \"{step.Image}\"");
        pulls.Begin(work.View.Uid, step.Name, new PullRequest(step.Image, credentials));
        work.Remember(step.Name, before => before with { Pulling = step.Image });
        return StepOutcome.ContainerWaits;
    }

    /// <summary>Takes what the fetches ended with into the pod's memory, and says so in events.</summary>
    public PodMemory Absorb(Pod pod, PodMemory memory)
    {
        foreach (var (name, before) in memory.Containers)
        {
            if (before.Pulling is not { } image || pulls.TakeEnded(pod.Metadata.Uid ?? "", name) is not { } ended)
            {
                continue;
            }

            memory = memory.With(name, ended.Outcome switch
            {
                PullOutcome.Pulled pulled => Fetched(pod, name, image, before, pulled.Image, ended.Took),
                PullOutcome.Failed failed => Failed(pod, name, image, before, failed),
                _ => throw new InvalidOperationException("a pull has ended well or badly"),
            });
        }

        return memory;
    }

    /// <summary>
    /// A digest the record knows is used without the registry, whatever the policy: the node needs nobody.
    /// </summary>
    private async Task<ImageRecord?> Known(ContainerRecord record, string image, CancellationToken cancellation) =>
        record.Image == image && record.ImageDigest is { } digest
            ? await edge.FindImage(digest[(digest.IndexOf('@', StringComparison.Ordinal) + 1)..], cancellation)
            : null;

    private ContainerMemory Fetched(
        Pod pod, string name, string image, ContainerMemory before, ImageRecord record, TimeSpan took)
    {
        events(PodEvent.For(
            pod, name, false, "Pulled",
            $"Successfully pulled image \"{image}\" in {took.TotalSeconds:0.###}s. "
                + $"Image size: {record.SizeBytes} bytes."));
        return before with { Pulling = null, Obstacle = null, Fetched = record, FetchedFor = image };
    }

    private ContainerMemory Failed(
        Pod pod, string name, string image, ContainerMemory before, PullOutcome.Failed failed)
    {
        var level = (before.Obstacle?.Level ?? 0) + 1;
        var reason = failed.Reason.ToString();
        var message = failed.Message;
        events(PodEvent.For(pod, name, true, "Failed", $"Failed to pull image \"{image}\": {message}"));
        events(PodEvent.For(pod, name, true, "Failed", $"Error: {reason}"));
        if (level > 1)
        {
            message = $"Back-off pulling image \"{image}\": {reason}: {message}";
            reason = "ImagePullBackOff";
            events(PodEvent.For(pod, name, false, "BackOff", $"Back-off pulling image \"{image}\""));
            events(PodEvent.For(pod, name, true, "Failed", "Error: ImagePullBackOff"));
        }

        var retry = clock.GetUtcNow() + RestartBackoff.Delay(level);
        return before with { Pulling = null, Obstacle = new Obstacle(reason, message, retry, level) };
    }

    private static StepOutcome Found(PodWork work, string name, ImageRecord image)
    {
        work.Images[name] = image;
        if (work.Memory.Of(name).Obstacle is { Reason: "ErrImageNeverPull" })
        {
            work.Remember(name, memory => memory with { Obstacle = null });
        }

        return StepOutcome.Done;
    }

    private StepOutcome Hinder(PodWork work, string name, string reason, string message)
    {
        var level = (work.Memory.Of(name).Obstacle?.Level ?? 0) + 1;
        var retry = clock.GetUtcNow() + RestartBackoff.Delay(level);
        work.Remember(name, memory => memory with { Obstacle = new Obstacle(reason, message, retry, level) });
        Say(work, name, true, "Failed", $"Error: {reason}");
        return StepOutcome.ContainerWaits;
    }

    private static List<RegistryCredential> Credentials(PodWork work)
    {
        var found = new List<RegistryCredential>();
        foreach (var reference in work.Pod.Spec.ImagePullSecrets ?? [])
        {
            var secret = work.Objects.Secret(work.Pod.Metadata.Namespace ?? "default", reference.Name);
            var config = secret?.Data?.GetValueOrDefault(".dockerconfigjson")
                ?? secret?.Data?.GetValueOrDefault(".dockercfg");
            if (config is not null)
            {
                found.AddRange(DockerConfig.Parse(config));
            }
        }

        return found;
    }

    private void Say(PodWork work, string container, bool warning, string reason, string message) =>
        events(PodEvent.For(work.Pod, container, warning, reason, message));
}
