using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server.Schedule.Devices;

/// <summary>
/// One device of a node that pods ask for by its resource: the position of the GPU that it is, or is a part of, and how
/// many may have it at once.
/// </summary>
internal readonly record struct NodeDevice(string Id, string Resource, int Board, int Shares, bool IsHealthy);

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
    private readonly NodeDevice[] _all;
    private readonly Dictionary<string, int> _positions = [];

    private NodeDevices(string text, IReadOnlyList<GpuDevice> gpus)
    {
        Text = text;
        _gpus = gpus;
        _all = [.. gpus.SelectMany((gpu, board) => Of(gpu, board))];
        for (var at = 0; at < _all.Length; at++)
        {
            _positions.TryAdd(_all[at].Id, at);
        }
    }

    /// <summary>The annotation, so that an equal one is seen to be equal.</summary>
    public string Text { get; }

    public ReadOnlySpan<NodeDevice> All => _all;

    /// <summary>Null when the node has none, or says so in a way that cannot be read.</summary>
    public static NodeDevices? From(Node node)
    {
        if (node.Metadata.Annotations?.GetValueOrDefault(GpuInventory.Annotation) is not { } text)
        {
            return null;
        }

        try
        {
            var gpus = GpuJson.Read(System.Text.Encoding.UTF8.GetBytes(text)).Devices;
            return gpus.Count == 0 ? null : new NodeDevices(text, gpus);
        }
        catch (JsonException)
        {
            // A person wrote there. The node's amounts still count; the agent will not start what has no devices.
            return null;
        }
    }

    /// <summary>Negative when it is not one of the node's.</summary>
    public int PositionOf(string id) => _positions.GetValueOrDefault(id, -1);

    /// <summary>Whether any device is asked for by the resource.</summary>
    public bool Has(string resource) => Array.Exists(_all, device => device.Resource == resource);

    /// <summary>How close two devices are: more is closer, and says nothing else.</summary>
    public int Closeness(int one, int other)
    {
        var (left, right) = (_all[one].Board, _all[other].Board);
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

    private static IEnumerable<NodeDevice> Of(GpuDevice gpu, int board)
    {
        var healthy = gpu.Unhealthy is null;
        if (gpu.MigEnabled != true)
        {
            yield return new NodeDevice(
                gpu.Uuid, gpu.Resource ?? GpuDevice.Gpu, board, Math.Max(1, gpu.Shares ?? 1), healthy);
        }

        foreach (var part in gpu.Instances)
        {
            yield return new NodeDevice(
                part.Uuid, part.Resource ?? MigInstance.ResourceOf(part.Profile), board,
                Math.Max(1, gpu.Shares ?? 1), healthy);
        }
    }
}
