using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Agent.Devices;

/// <summary>How a device is that a pod was given.</summary>
internal enum DeviceState
{
    Well,

    /// <summary>An event took it out, or its driver, which is there, does not reach it any more.</summary>
    Broken,

    /// <summary>Its driver as a whole does not serve, or nothing is seen of the device: it may be well.</summary>
    Unknown,
}

/// <summary>A device of a container.</summary>
/// <param name="Container">Who has it.</param>
/// <param name="Resource">What it was asked for by.</param>
/// <param name="Id">As in the pod's annotation.</param>
/// <param name="State">How it is.</param>
/// <param name="Why">Null while it is well, and while nobody has looked yet.</param>
/// <param name="For">How long it has been in this state, by a clock that nobody sets.</param>
internal sealed record HeldDevice(
    string Container, string Resource, string Id, DeviceState State, string? Why, TimeSpan For);

/// <summary>
/// How the devices of pods are, and for how long; forgotten with the agent, which begins to count anew.
/// </summary>
/// <param name="isKnown">Whether somebody has looked since the agent began.</param>
/// <param name="clock">Its timestamps must count on while the machine sleeps.</param>
internal sealed class DeviceHealth(Func<bool> isKnown, TimeProvider clock)
{
    private const string Missing = "it is not on this node";

    private readonly Lock _gate = new();
    private Dictionary<string, (DeviceState State, string? Why, long Since)> _devices = [];

    /// <summary>When there came to be other devices than before.</summary>
    private long _othersSince = clock.GetTimestamp();

    /// <summary>To be called with each change.</summary>
    public void Saw(GpuInventory gpus)
    {
        var now = clock.GetTimestamp();
        var devices = new Dictionary<string, (DeviceState State, string? Why, long Since)>();
        lock (_gate)
        {
            var isSame = true;
            foreach (var device in gpus.Devices)
            {
                var state = device.Unhealthy is null ? DeviceState.Well
                    : gpus.Problem is null || device.Unhealthy.StartsWith(GpuDevice.OfXid, StringComparison.Ordinal)
                        ? DeviceState.Broken
                    : DeviceState.Unknown;
                Add(device.Uuid);
                foreach (var part in device.Instances)
                {
                    Add(part.Uuid);
                }

                void Add(string id)
                {
                    var isKept = _devices.TryGetValue(id, out var before);
                    isSame &= isKept;
                    devices[id] = (state, device.Unhealthy, isKept && before.State == state ? before.Since : now);
                }
            }

            if (!isSame || devices.Count != _devices.Count)
            {
                _othersSince = now;
            }

            _devices = devices;
        }
    }

    /// <summary>Each device of a container once; none of a pod whose annotation is no such text.</summary>
    public IReadOnlyList<HeldDevice> Of(Pod pod)
    {
        if (pod.Metadata.Annotations?.GetValueOrDefault(PodDevices.Annotation) is not { } text)
        {
            return [];
        }

        var held = new List<HeldDevice>();
        try
        {
            foreach (var (container, resources) in PodDevices.Read(text).Containers)
            {
                foreach (var (resource, ids) in resources)
                {
                    foreach (var id in new HashSet<string>(ids))
                    {
                        held.Add(Of(container, resource, id));
                    }
                }
            }
        }
        catch (JsonException)
        {
            // Its containers are refused with the words.
            return [];
        }

        return held;
    }

    private HeldDevice Of(string container, string resource, string id)
    {
        lock (_gate)
        {
            return _devices.TryGetValue(DeviceShare.DeviceOf(id), out var device)
                ? new(container, resource, id, device.State, device.Why, clock.GetElapsedTime(device.Since))
                : isKnown()
                    ? new(container, resource, id, DeviceState.Unknown, Missing, clock.GetElapsedTime(_othersSince))
                    : new(container, resource, id, DeviceState.Unknown, null, TimeSpan.Zero);
        }
    }
}
