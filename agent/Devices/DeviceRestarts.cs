using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Devices;

/// <summary>
/// Ends the containers that have a device, after something that only they can have done to it, or that only a new
/// process is rid of. Their restart policies have them begin again.
/// </summary>
internal sealed class DeviceRestarts(ContainerdRuntime runtime)
{
    /// <summary>What its device failed under has nothing to put in order any more.</summary>
    private const int Kill = 9;

    /// <exception cref="RuntimeException">containerd does not answer; it is to be tried again.</exception>
    public async Task End(GpuInventory gpus, string gpu, CancellationToken cancellation)
    {
        foreach (var id in Of(gpus, gpu, await runtime.Observe(cancellation)))
        {
            await runtime.Kill(id, Kill, all: true, cancellation);
        }
    }

    /// <summary>Running containers that have the GPU, a part or a share of it.</summary>
    public static List<string> Of(GpuInventory gpus, string gpu, IReadOnlyList<ObservedContainer> containers)
    {
        var having = new List<string>();
        foreach (var container in containers)
        {
            if (container.State == RunState.Running && Has(gpus, gpu, container.Devices))
            {
                having.Add(container.Id);
            }
        }

        return having;
    }

    private static bool Has(GpuInventory gpus, string gpu, string ids)
    {
        foreach (var id in ids.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (gpus.Of(id)?.Uuid == gpu)
            {
                return true;
            }
        }

        return false;
    }
}
