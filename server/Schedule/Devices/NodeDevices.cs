using System.Text;
using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server.Schedule.Devices;

/// <summary>
/// The devices of a node, one by one, as its Node says in an annotation, and how close each is to each other. Positions
/// in it are those of <see cref="All"/>.
/// </summary>
internal sealed class NodeDevices
{
    /// <summary>Parts of one GPU.</summary>
    private const int SameBoard = 200;

    /// <summary>GPUs with an NVLink; more links are closer.</summary>
    private const int Linked = 100;

    /// <summary>One more than NVML's level for the longest way (50, across processors).</summary>
    private const int Farthest = 60;

    private readonly IReadOnlyList<GpuDevice> _gpus;
    private readonly bool _givesOneShare;
    private readonly Dictionary<string, int> _positions = [];

    private NodeDevices(string text, GpuInventory gpus)
    {
        (Text, _gpus, All, _givesOneShare) = (text, gpus.Devices, gpus.Offers, gpus.GivesOneShare);
        for (var at = 0; at < All.Count; at++)
        {
            _positions.TryAdd(All[at].Id, at);
        }
    }

    /// <summary>The annotation, so that an equal one is seen to be equal.</summary>
    public string Text { get; }

    public IReadOnlyList<GpuOffer> All { get; }

    /// <summary>Made when it is first asked for: most of what nodes say is what they said before.</summary>
    public DeviceTopology Topology
    {
        get => field ??= new DeviceTopology([.. All.Select(device => device.Board)], _gpus.Count, Closeness);
        private set;
    }

    /// <summary>Null when the node has none, or says so in a way that cannot be read.</summary>
    public static NodeDevices? From(Node node)
    {
        if (node.Metadata.Annotations?.GetValueOrDefault(GpuInventory.Annotation) is not { } text)
        {
            return null;
        }

        try
        {
            var gpus = GpuJson.Read(Encoding.UTF8.GetBytes(text));
            return gpus.Devices.Count == 0 ? null : new NodeDevices(text, gpus);
        }
        catch (JsonException)
        {
            // A person wrote there. The node's amounts still count; the agent will not start what has no devices.
            return null;
        }
    }

    /// <summary>
    /// The position of what a pod has, and how many shares that is: one, or all of a device that it was given whole.
    /// The position is negative when it is not one of the node's.
    /// </summary>
    public (int At, int Shares) UseOf(string id)
    {
        var at = _positions.GetValueOrDefault(DeviceShare.DeviceOf(id), -1);
        return (at, at < 0 || DeviceShare.Is(id) ? 1 : All[at].Shares);
    }

    /// <summary>
    /// Whether a container may have no more than one of it, because it is shared
    /// (<c>failRequestsGreaterThanOne</c>).
    /// </summary>
    public bool GivesOneOf(string resource)
    {
        for (var at = 0; _givesOneShare && at < All.Count; at++)
        {
            if (All[at].Resource == resource && All[at].Shares > 1)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether any device is asked for by the resource.</summary>
    public bool Has(string resource)
    {
        foreach (var device in All)
        {
            if (device.Resource == resource)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a device that is asked for by the resource has the node's own memory.</summary>
    public bool HasSharingMemory(string resource)
    {
        for (var at = 0; at < All.Count; at++)
        {
            if (All[at].Resource == resource && SharesMemory(at))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Its memory is the node's own, and counts there.</summary>
    public bool SharesMemory(int at) => _gpus[All[at].Board].SharesMemory;

    /// <summary>Nodes that are alike have one together.</summary>
    public void Share(DeviceTopologies known) => Topology = known.Of(Topology);

    /// <summary>How close devices of two GPUs are: more is closer, and says nothing else.</summary>
    private int Closeness(int left, int right)
    {
        if (left == right)
        {
            return SameBoard;
        }

        var (near, far) = (_gpus[left], _gpus[right]);
        if (right < near.NvLinks.Count && near.NvLinks[right] > 0)
        {
            return Linked + near.NvLinks[right];
        }

        var distance = right < near.Distances.Count ? near.Distances[right] : -1;
        return distance >= 0 ? Math.Max(0, Farthest - distance) : near.Numa is { } numa && numa == far.Numa ? 20 : 0;
    }
}
