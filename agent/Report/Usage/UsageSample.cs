using Edge.Agent.Ledger;
using Edge.Agent.Runtime;

namespace Edge.Agent.Report.Usage;

/// <summary>What everything on the node had used at one moment.</summary>
/// <param name="At">The clock's timestamp.</param>
/// <param name="Total">Of the machine.</param>
/// <param name="Containers">Of the containers that run.</param>
internal sealed record UsageSample(long At, Counters Total, IReadOnlyList<ContainerSample> Containers)
{
    /// <summary>Reads some files for each running container; nothing is asked of the runtime.</summary>
    public static UsageSample Take(
        IEnumerable<PodRecord> pods, MachineReader machine, CgroupReader groups, TimeProvider clock)
    {
        var at = clock.GetTimestamp();
        var containers = new List<ContainerSample>();
        foreach (var pod in pods)
        {
            if (pod.Removed)
            {
                continue;
            }

            foreach (var (name, container) in pod.Containers)
            {
                var id = ContainerId.For(pod.Uid, name, container.Attempt);
                if (container is { Started: true, Exit: null } && groups.Read(pod.Uid, id) is { } used)
                {
                    containers.Add(new ContainerSample(pod, name, id, used));
                }
            }
        }

        return new UsageSample(at, machine.Read(), containers);
    }
}

/// <summary>What one attempt of a container had used.</summary>
internal sealed record ContainerSample(PodRecord Pod, string Name, string Id, Counters Used);
