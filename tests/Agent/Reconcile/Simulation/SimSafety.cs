using Edge.Agent.Ledger;
using Edge.Agent.Reconcile;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>
/// What must never happen, checked at each act from what is true on the node and what was reported, not from what the
/// plan believed.
/// </summary>
internal sealed class SimSafety(SimWorld world, Func<string, Pod?> desired, Func<Pod?, bool> fenced)
{
    private readonly Dictionary<string, string> _ended = [];
    private readonly HashSet<string> _removed = [];

    /// <summary>The record of a pod, for ends that were recorded and not reported yet.</summary>
    public Func<string, PodRecord?> Record { get; set; } = _ => null;

    public void Reported(string uid, PodReport report)
    {
        Demand(!_ended.TryGetValue(uid, out var end) || end == report.Status.Phase,
            $"{uid} was reported {end} and then {report.Status.Phase}");
        if (report.Status.Phase is "Succeeded" or "Failed")
        {
            _ended[uid] = report.Status.Phase;
        }

        if (report.Removed)
        {
            _removed.Add(uid);
            Gone(uid);
        }
    }

    public void Sandbox(string uid) => MayRun(uid, "got a sandbox");

    public void Create(ContainerLaunch launch, string id)
    {
        var uid = launch.Pod.Metadata.Uid!;
        MayRun(uid, "got a container");
        var others = world.Containers.Where(other => other.Uid == uid && other.Name == launch.Container.Name).ToList();
        Demand(others.Count == 0, $"{id} was added before {others.FirstOrDefault()?.Id} was removed");
        Demand(world.Sandboxes.ContainsKey(uid), $"{id} was made without a sandbox");
        Demand(launch.Pod.Spec.Volumes is null || world.Volumes.Contains(uid), $"{id} was made without its volumes");
    }

    public void Start(SimContainer container)
    {
        MayRun(container.Uid, $"started {container.Id}");
        var twin = world.Running.FirstOrDefault(
            other => other.Uid == container.Uid && other.Name == container.Name);
        Demand(twin is null, $"{container.Id} was started beside {twin?.Id}");
        Demand(world.Sandboxes.ContainsKey(container.Uid), $"{container.Id} was started without a sandbox");
    }

    /// <summary>Only what somebody wants to end is asked to end; above all not by a restart of the agent.</summary>
    public void Signal(SimContainer container)
    {
        var pod = desired(container.Uid);
        var spec = PodShape.Find(pod, container.Name);
        var wanted = pod is { Metadata.DeletionTimestamp: null } && spec is not null && !fenced(pod)
            && container.SpecHash == ContainerIdentity.SpecHash(spec)
            && world.Sandboxes.GetValueOrDefault(container.Uid) == container.Sandbox
            && !container.Asked && !IsOver(container.Uid, pod);
        Demand(!wanted, $"{container.Id} was healthy and was signalled");
    }

    /// <summary>Nothing of the pod is on the node.</summary>
    public void Gone(string uid) => Demand(
        !world.Containers.Exists(container => container.Uid == uid) && !world.Sandboxes.ContainsKey(uid),
        $"{uid} was dropped while a part of it was on the node");

    private bool IsOver(string uid, Pod pod) =>
        Record(uid)?.TerminalPhase is not null || _ended.ContainsKey(uid)
        || (pod.Spec.RestartPolicy is "Never" or "OnFailure" && !world.Running.Any(container =>
            container.Uid == uid && pod.Spec.Containers.Any(main => main.Name == container.Name)));

    private void MayRun(string uid, string what)
    {
        var pod = desired(uid);
        Demand(pod is not null, $"{uid} {what} though nobody wants it");
        Demand(pod!.Metadata.DeletionTimestamp is null, $"{uid} {what} while it is deleted");
        Demand(!_removed.Contains(uid), $"{uid} {what} after it was reported removed");
        Demand(!_ended.TryGetValue(uid, out var end), $"{uid} {what} after it was reported {end}");
        Demand(Record(uid) is not { TerminalPhase: not null }, $"{uid} {what} after its end was recorded");
        Demand(!fenced(pod), $"{uid} {what} though the server may have given it away");
    }

    private static void Demand(bool holds, string violation)
    {
        if (!holds)
        {
            throw new SimViolation(violation);
        }
    }
}
