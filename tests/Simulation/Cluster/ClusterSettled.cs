using Edge.Agent.Reconcile;
using Edge.Proto.Model;
using Edge.Server.Fleet;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>What must be true of a world in which nothing broke for a while.</summary>
internal static class ClusterSettled
{
    public static void Check(ClusterWorld world)
    {
        var objects = world.Server!.Objects;
        var pods = objects.List(Resources.Pods).ToList();
        foreach (var machine in world.Machines)
        {
            var own = pods.Where(pod => pod.Spec.NodeName == machine.Name).ToList();
            Ledger(objects, machine, own);
            Processes(machine, own);
            foreach (var pod in own)
            {
                Stored(machine, pod);
            }

            var node = objects.Get(Resources.Nodes, null, machine.Name)!;
            var ready = node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");
            Property.Holds(ready?.Status == "True", $"{machine.Name} is there and Ready is {ready?.Status}");
            Property.Holds(
                node.Metadata.Labels?[ClusterTruth.SaidLabel] == $"{machine.Said}",
                $"{machine.Name} said {machine.Said}, and that is not stored");
            Property.Holds(
                !(node.Spec?.Taints ?? []).Any(taint => taint.Effect == "NoExecute"),
                $"{machine.Name} is there and tainted");
        }
    }

    private static void Ledger(Objects objects, SimMachine machine, List<Pod> pods)
    {
        var node = objects.Get(Resources.Nodes, null, machine.Name)!;
        var desired = DesiredPlan.Of(
            node,
            pods.Select(pod => DesiredPlan.Pod(
                objects.Store.Get(Resources.Pods.KeyOf(pod.Metadata.Namespace, pod.Metadata.Name!))!.Value)!),
            objects.Store.Get);
        var held = machine.Agent!.Ledger.Desired;
        foreach (var entry in desired)
        {
            Property.Holds(
                held.TryGetValue(entry.Key, out var value) && entry.Value.Span.SequenceEqual(value),
                $"{machine.Name} does not hold the present {entry.Key}");
        }

        Property.Holds(held.Count == desired.Count, $"{machine.Name} holds more than it should");
        Property.Holds(
            machine.Agent.Ledger.Pods.Keys.All(uid => pods.Exists(pod => pod.Metadata.Uid == uid)),
            $"{machine.Name} has a record of a pod that is gone");
    }

    private static void Processes(SimMachine machine, List<Pod> pods)
    {
        foreach (var container in machine.Containers)
        {
            Property.Holds(
                pods.Exists(pod => pod.Metadata.Uid == container.Uid),
                $"{container.Id} is on {machine.Name}, and nobody wants it");
        }
    }

    private static void Stored(SimMachine machine, Pod pod)
    {
        var (name, uid) = (pod.Metadata.Name!, pod.Metadata.Uid!);
        Property.Holds(pod.Metadata.DeletionTimestamp is null, $"{name} is deleted and still there");
        var reported = machine.Agent!.Reported.GetValueOrDefault(uid)?.Status;
        Property.Holds(
            pod.Status?.Phase == reported?.Phase && reported is not null,
            $"{name} is {reported?.Phase} and stored as {pod.Status?.Phase}");
        Property.Holds(
            pod.Status?.ContainerStatuses?[0].RestartCount == reported!.ContainerStatuses?[0].RestartCount,
            $"the stored restarts of {name} are not those reported");
        var running = machine.Running.Where(container => container.Uid == uid).ToList();
        if (reported.Phase is "Succeeded" or "Failed")
        {
            Property.Holds(running.Count == 0, $"{name} is over and runs");
            Property.Holds(pod.Spec.RestartPolicy == "OnFailure", $"{name} ended as {reported.Phase}");
            return;
        }

        if (name.StartsWith("serve", StringComparison.Ordinal) || name.StartsWith("fence", StringComparison.Ordinal))
        {
            Property.Holds(running.Count == 1, $"{running.Count} of {name} run");
            Property.Holds(
                running[0].SpecHash == ContainerIdentity.SpecHash(pod.Spec.Containers[0]),
                $"{name} runs what it was before");
            Property.Holds(reported.Phase == "Running", $"{name} runs and is {reported.Phase}");
        }
    }
}
