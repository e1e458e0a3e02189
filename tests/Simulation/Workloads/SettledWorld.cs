using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>What must be true when nothing moves any more.</summary>
internal static class SettledWorld
{
    public static void Check(Objects objects, SimTruth truth, IReadOnlyCollection<SimNode> nodes, SimUser user)
    {
        CheckDeployments(objects);
        CheckJobs(objects, truth);
        foreach (var set in objects.List(Resources.StatefulSets))
        {
            Assert.True(set.Status?.AvailableReplicas == set.Spec.Replicas, $"{set.Metadata.Name}: {set.Status}");
        }

        var count = nodes.Count(node => !node.IsScrapped);
        Assert.Equal(count, objects.List(Resources.Nodes).Count());
        foreach (var set in objects.List(Resources.DaemonSets))
        {
            Assert.True(
                (set.Status?.NumberAvailable, set.Status?.UpdatedNumberScheduled) == (count, count),
                $"{set.Metadata.Name}: {set.Status}");
        }

        foreach (var autoscaler in objects.List(Resources.HorizontalPodAutoscalers))
        {
            CheckSize(objects, autoscaler, user.LoadOf(autoscaler.Metadata.Name!));
        }

        Assert.DoesNotContain(objects.List(Resources.Pods), pod => pod.Metadata.DeletionTimestamp is not null);
        var running = nodes.SelectMany(node => node.Running).Select(pod => pod.Uid).Order();
        var stored = objects.List(Resources.Pods).Where(pod => pod.Status?.Phase is not ("Succeeded" or "Failed"))
            .Select(pod => pod.Metadata.Uid!).Order();
        Assert.Equal(stored, running);
    }

    private static void CheckDeployments(Objects objects)
    {
        foreach (var deployment in objects.List(Resources.Deployments))
        {
            var (name, wanted) = (deployment.Metadata.Name, deployment.Spec.Replicas);
            Assert.True(
                (deployment.Status?.Replicas, deployment.Status?.UpdatedReplicas, deployment.Status?.AvailableReplicas)
                == (wanted, wanted, wanted), $"{name} wants {wanted}: {deployment.Status}");
        }
    }

    private static void CheckJobs(Objects objects, SimTruth truth)
    {
        foreach (var job in objects.List(Resources.Jobs))
        {
            var name = job.Metadata.Name;
            Assert.True(
                job.Status?.Succeeded == job.Spec.Completions,
                $"{name}: {job.Status?.Succeeded} of {job.Spec.Completions}");
            Assert.Contains(job.Status!.Conditions ?? [], done => done is { Type: "Complete", Status: "True" });
            truth.Check(job);
        }
    }

    /// <summary>The load of each pod is the target within the tolerance, or the size is what it asks for.</summary>
    private static void CheckSize(Objects objects, HorizontalPodAutoscaler autoscaler, int load)
    {
        var name = autoscaler.Metadata.Name!;
        if (objects.Get(Resources.Deployments, "default", name) is not { } deployment)
        {
            return;
        }

        var (min, max) = (autoscaler.Spec.MinReplicas!.Value, autoscaler.Spec.MaxReplicas);
        var size = deployment.Spec.Replicas!.Value;
        Assert.InRange(size, min, max);
        // Rounded up by pod, as its node's report is read; a pod requests 100, so it is also the share in percent.
        var share = (load + size - 1) / size;
        var asked = ((share * size) + SimManifests.CpuTarget - 1) / SimManifests.CpuTarget;
        Assert.True(
            Math.Abs(share - SimManifests.CpuTarget) * 10 <= SimManifests.CpuTarget
                || Math.Clamp(asked, min, max) == size,
            $"{name}: {size} of {min} to {max} with {share} % each of a load of {load}");
    }
}
