namespace Edge.Server.Schedule.Topology;

/// <summary>How many nodes have each image.</summary>
internal sealed class ImageIndex
{
    private readonly Dictionary<string, int> _nodes = [];

    /// <summary>A node has other images now; null stands for a node that is not there.</summary>
    public void Change(NodeView? old, NodeView? now)
    {
        if (old is not null && now is not null && HaveSameNames(old.Images, now.Images))
        {
            return;
        }

        foreach (var image in now?.Images.Keys ?? [])
        {
            _nodes[image] = _nodes.GetValueOrDefault(image) + 1;
        }

        foreach (var image in old?.Images.Keys ?? [])
        {
            if (--_nodes[image] == 0)
            {
                _nodes.Remove(image);
            }
        }
    }

    /// <summary>The part of <paramref name="nodes"/> nodes that have the image.</summary>
    public double SpreadOf(string image, int nodes) =>
        _nodes.TryGetValue(image, out var count) ? (double)count / nodes : 0;

    private static bool HaveSameNames(IReadOnlyDictionary<string, long> left, IReadOnlyDictionary<string, long> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        foreach (var image in left.Keys)
        {
            if (!right.ContainsKey(image))
            {
                return false;
            }
        }

        return true;
    }
}
