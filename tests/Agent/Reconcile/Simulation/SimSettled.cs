using Edge.Agent.Ledger;
using Edge.Agent.Reconcile;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>What must be true of a node on which nothing broke for a while.</summary>
internal static class SimSettled
{
    public static void Check(
        SimWorld world, IReadOnlyList<Pod> desired, IReadOnlyDictionary<string, PodRecord> records,
        IReadOnlyDictionary<string, PodReport> reported, Func<Pod, bool> fenced)
    {
        var wanted = desired.Select(pod => pod.Metadata.Uid!).ToHashSet();
        Nothing("container", world.Containers.Select(container => container.Uid).Except(wanted));
        Nothing("sandbox", world.Sandboxes.Keys.Except(wanted));
        Nothing("record", records.Keys.Except(wanted));
        Nothing("report", reported.Keys.Except(wanted));
        foreach (var pod in desired)
        {
            var uid = pod.Metadata.Uid!;
            if (pod.Metadata.DeletionTimestamp is not null)
            {
                throw new SimViolation($"{uid} is deleted and still there");
            }

            var phase = reported.GetValueOrDefault(uid)?.Status.Phase;
            if (phase is "Succeeded" or "Failed" || fenced(pod))
            {
                Demand(MayEnd(pod, phase) || fenced(pod), $"{uid} ended as {phase}");
                Demand(!world.Running.Any(container => container.Uid == uid), $"{uid} is over and runs");
                Demand(!world.Sandboxes.ContainsKey(uid), $"{uid} is over and holds its sandbox");
            }
            else
            {
                Runs(world, pod, reported.GetValueOrDefault(uid));
            }
        }
    }

    private static bool MayEnd(Pod pod, string? phase) => pod.Spec.RestartPolicy switch
    {
        "Never" => true,
        "OnFailure" => phase == "Succeeded",
        _ => false,
    };

    private static void Runs(SimWorld world, Pod pod, PodReport? report)
    {
        var uid = pod.Metadata.Uid!;
        foreach (var container in PodShape.Sidecars(pod).Concat(pod.Spec.Containers))
        {
            var running = world.Running.Where(seen => seen.Uid == uid && seen.Name == container.Name).ToList();
            Demand(running.Count == 1, $"{running.Count} of {uid} {container.Name} run");
            Demand(
                running[0].SpecHash == ContainerIdentity.SpecHash(container),
                $"{uid} {container.Name} runs what it was before");
        }

        Demand(report?.Status.Phase == "Running", $"{uid} runs and is reported {report?.Status.Phase ?? "nowhere"}");
        var ready = report!.Status.Conditions!.First(condition => condition.Type == "Ready");
        Demand(ready.Status == "True", $"{uid} runs and is not ready: {ready.Message}");
    }

    private static void Nothing(string what, IEnumerable<string> uids)
    {
        foreach (var uid in uids)
        {
            throw new SimViolation($"a {what} of {uid} is left, which nobody wants");
        }
    }

    private static void Demand(bool holds, string violation)
    {
        if (!holds)
        {
            throw new SimViolation(violation);
        }
    }
}
