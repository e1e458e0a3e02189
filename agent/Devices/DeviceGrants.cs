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

    /// <summary>
    /// After a container was made, or was not, this many looks decide whether it is there: the first may have begun
    /// before.
    /// </summary>
    private const int LooksAfter = 2;

    private readonly Lock _lock = new();

    /// <summary>
    /// What containers have that may not have been seen yet: the looks that are left, or null while one is being made.
    /// </summary>
    private readonly Dictionary<(string Pod, string Id), int?> _taken = [];
    private HashSet<(string Pod, string Id)> _seen = [];

    /// <summary>What containers have that are there now: pod, and the ids of its label.</summary>
    public void Saw(IEnumerable<(string Pod, string Ids)> containers)
    {
        var seen = new HashSet<(string Pod, string Id)>();
        foreach (var (pod, ids) in containers)
        {
            foreach (var id in ids.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                seen.Add((pod, id));
            }
        }

        lock (_lock)
        {
            _seen = seen;
            foreach (var (taken, left) in _taken)
            {
                if (left is { } looks)
                {
                    // What is there is told by its label from now on.
                    _taken[taken] = looks - 1;
                    if (looks <= 1 || seen.Contains(taken))
                    {
                        _taken.Remove(taken);
                    }
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
            // Two shares of one device are one device.
            var name = $"{NvidiaSpecPlan.Kind}={DeviceShare.DeviceOf(id)}";
            if (!names.Contains(name))
            {
                names.Add(name);
            }
        }

        foreach (var (key, value) in pod.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            if (key.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
            {
                names.AddRange(Named(value));
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

    /// <summary>The container was made, or could not be: what it has is seen from now on.</summary>
    public void Settle(Pod pod, DeviceGrant grant)
    {
        lock (_lock)
        {
            foreach (var id in grant.Ids)
            {
                _taken[(pod.Metadata.Uid ?? "", id)] = LooksAfter;
            }
        }
    }

    /// <summary>What the scheduler counts is not to be had by asking for it past the scheduler.</summary>
    private static string[] Named(string annotation)
    {
        var names = annotation.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            if (name.StartsWith($"{NvidiaSpecPlan.Kind}=", StringComparison.Ordinal))
            {
                throw Refused($"device {name} is asked for by resources.limits, not by an annotation");
            }
        }

        return names;
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
        foreach (var offer in inventory.Offers)
        {
            if (offer.Resource == resource)
            {
                return true;
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
                var device = inventory.Of(id) ?? throw Refused($"device {id} is not on this node");
                if (device.Unhealthy is { } reason)
                {
                    throw Refused($"device {id} is not well: {reason}");
                }

                if (IsHeld(_seen, pod, id) || IsHeld(_taken.Keys, pod, id))
                {
                    throw Refused($"device {id} is still held by another pod");
                }
            }

            foreach (var id in ids)
            {
                _taken[(pod, id)] = null;
            }
        }
    }

    private static bool IsHeld(IReadOnlyCollection<(string Pod, string Id)> held, string pod, string id)
    {
        foreach (var (other, its) in held)
        {
            if (other != pod && DeviceShare.Exclude(its, id))
            {
                return true;
            }
        }

        return false;
    }

    private static RuntimeException Refused(string why) => new(RuntimeReason.Refused, why);
}

/// <summary>The devices of a container, and what they change in it.</summary>
internal sealed record DeviceGrant(IReadOnlyList<string> Ids, ContainerEdits Edits);
