using System.Text.Json;
using Edge.Agent.Devices.Cdi;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Model;

namespace Edge.Agent.Devices;

/// <summary>
/// Gives a container the devices that the scheduler chose for it, if they are there, well, and no other pod's: the
/// server may be wrong about what still runs here. Who has what is told by labels of the containers themselves, which
/// outlive agent, ledger and machine.
/// </summary>
/// <param name="gpus">What the node has now.</param>
/// <param name="known">Ends when that can be said, after the agent's start.</param>
/// <param name="host">Describes devices.</param>
internal sealed class DeviceGrants(
    Func<GpuInventory> gpus, Func<CancellationToken, Task> known, CdiHost host)
{
    /// <summary>Devices of other kinds, by any user's word, as containerd's own Kubernetes interface has it.</summary>
    private const string AnnotationPrefix = "cdi.k8s.io/";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<string>> _making = [];
    private Dictionary<string, HashSet<string>> _held = [];

    /// <summary>What containers have that are there now: pod, and the ids of its label.</summary>
    public void Saw(IEnumerable<(string Pod, string Ids)> containers)
    {
        var held = new Dictionary<string, HashSet<string>>();
        foreach (var (pod, ids) in containers)
        {
            if (ids.Length > 0)
            {
                Of(held, pod).UnionWith(ids.Split(','));
            }
        }

        lock (_lock)
        {
            _held = held;
            foreach (var (pod, ids) in held)
            {
                // What is being made counts until it is seen to be there.
                if (_making.TryGetValue(pod, out var making) && making.IsSubsetOf(ids))
                {
                    _making.Remove(pod);
                }
            }
        }
    }

    /// <exception cref="RuntimeException">It cannot have them now; the reason is for the pod's status.</exception>
    public async Task<DeviceGrant> Give(Pod pod, Container container, CancellationToken cancellation)
    {
        if (pod.Metadata.Annotations?.ContainsKey(PodDevices.Annotation) == true)
        {
            await known(cancellation);
        }

        var inventory = gpus();
        var ids = Chosen(pod, container, inventory);
        var names = new List<string>();
        foreach (var id in ids)
        {
            names.Add($"{NvidiaSpecPlan.Kind}={id}");
        }

        foreach (var (key, value) in pod.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            if (key.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
            {
                names.AddRange(value.Split(
                    ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            }
        }

        var edits = names.Count == 0 ? ContainerEdits.None : Resolve(inventory, names);
        if (ids.Count == 0 && inventory.Devices.Count > 0)
        {
            // Images of CUDA ask for all of them, and a runtime with a legacy hook would give them.
            edits = new ContainerEdits { Env = [NvidiaSpecPlan.NoDevices] }.Then(edits);
        }

        Take(pod.Metadata.Uid ?? "", ids, inventory);
        return new DeviceGrant(ids, edits);
    }

    /// <summary>The container was not made after all.</summary>
    public void Return(Pod pod)
    {
        lock (_lock)
        {
            _making.Remove(pod.Metadata.Uid ?? "");
        }
    }

    private static List<string> Chosen(Pod pod, Container container, GpuInventory inventory)
    {
        var chosen = Read(pod).Containers.GetValueOrDefault(container.Name)
            ?? new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (resource, amount) in container.Resources?.Limits ?? new Dictionary<string, Quantity>())
        {
            var count = chosen.TryGetValue(resource, out var own) ? own.Count : 0;
            if (count != amount.Units && Has(inventory, resource))
            {
                throw Refused(
                    $"container \"{container.Name}\" asks for {amount} {resource}, and {count} were chosen for it");
            }
        }

        var ids = new List<string>();
        foreach (var (_, own) in chosen)
        {
            foreach (var id in own)
            {
                // Two shares of one device are one device.
                if (!ids.Contains(id))
                {
                    ids.Add(id);
                }
            }
        }

        return ids;
    }

    private static PodDevices Read(Pod pod)
    {
        try
        {
            return pod.Metadata.Annotations?.GetValueOrDefault(PodDevices.Annotation) is { } text
                ? PodDevices.Read(text)
                : PodDevices.None;
        }
        catch (JsonException broken)
        {
            throw Refused($"annotation {PodDevices.Annotation}: {broken.Message}");
        }
    }

    private static bool Has(GpuInventory inventory, string resource)
    {
        foreach (var device in inventory.Devices)
        {
            if (device.MigEnabled != true && (device.Resource ?? GpuDevice.Gpu) == resource)
            {
                return true;
            }

            foreach (var part in device.Instances)
            {
                if ((part.Resource ?? MigInstance.ResourceOf(part.Profile)) == resource)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private ContainerEdits Resolve(GpuInventory inventory, IReadOnlyList<string> names)
    {
        try
        {
            return host.Catalog(inventory).Resolve(names);
        }
        catch (CdiException unresolved)
        {
            throw Refused(unresolved.Message);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw Refused($"the files of devices cannot be read: {unreadable.Message}");
        }
    }

    private void Take(string pod, List<string> ids, GpuInventory inventory)
    {
        lock (_lock)
        {
            foreach (var id in ids)
            {
                var device = Find(inventory, id) ?? throw Refused($"device {id} is not on this node");
                if (device.Unhealthy is { } reason)
                {
                    throw Refused($"device {id} is not well: {reason}");
                }

                if (device.Shares is null or 1 && (IsHeld(_held, pod, id) || IsHeld(_making, pod, id)))
                {
                    throw Refused($"device {id} is still held by another pod");
                }
            }

            if (ids.Count > 0)
            {
                Of(_making, pod).UnionWith(ids);
            }
        }
    }

    private static GpuDevice? Find(GpuInventory inventory, string id)
    {
        foreach (var device in inventory.Devices)
        {
            if (device.Uuid == id)
            {
                return device;
            }

            foreach (var part in device.Instances)
            {
                if (part.Uuid == id)
                {
                    return device;
                }
            }
        }

        return null;
    }

    private static bool IsHeld(Dictionary<string, HashSet<string>> held, string pod, string id)
    {
        foreach (var (other, ids) in held)
        {
            if (other != pod && ids.Contains(id))
            {
                return true;
            }
        }

        return false;
    }

    private static HashSet<string> Of(Dictionary<string, HashSet<string>> held, string pod)
    {
        if (!held.TryGetValue(pod, out var ids))
        {
            held[pod] = ids = [];
        }

        return ids;
    }

    private static RuntimeException Refused(string why) => new(RuntimeReason.Refused, why);
}

/// <summary>The devices of a container, and what they change in it.</summary>
internal sealed record DeviceGrant(IReadOnlyList<string> Ids, ContainerEdits Edits);
