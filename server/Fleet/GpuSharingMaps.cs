using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Fleet;

/// <summary>
/// The ConfigMaps that say how GPUs are shared: the one that a setting names, else those with such documents in the
/// namespaces where NVIDIA's manuals have them made. Not in others: who may write into one namespace has no say about
/// the fleet's devices. Owned by one loop.
/// </summary>
/// <param name="objects">Where they lie.</param>
/// <param name="named"><c>NAMESPACE/NAME</c>; null to look for them.</param>
internal sealed class GpuSharingMaps(Objects objects, string? named)
{
    private static readonly string[] s_namespaces =
        ["gpu-operator", "nvidia-gpu-operator", "nvidia-device-plugin", "kube-system"];

    private IReadOnlyList<ConfigMap> _maps = [];

    /// <summary>Whether such a ConfigMap may have come, changed or gone with the step.</summary>
    public bool Means(string prefix, FollowStep step)
    {
        if (prefix != Resources.ConfigMaps.Prefix())
        {
            return false;
        }

        if (step is not FollowStep.Changed { Change.Object.Key: var key })
        {
            return true;
        }

        if (named is not null)
        {
            return key == prefix + named;
        }

        foreach (var ns in s_namespaces)
        {
            if (key.AsSpan(prefix.Length).StartsWith(ns) && key[prefix.Length + ns.Length] == '/')
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether they are others than before.</summary>
    public bool Refresh()
    {
        var before = _maps;
        _maps = Read();
        return !Same(before, _maps);
    }

    public GpuSharingChoice? For(Node node) => GpuSharingPlan.Choose(_maps, node);

    private List<ConfigMap> Read()
    {
        var maps = new List<ConfigMap>();
        if (named?.Split('/') is [var of, var name])
        {
            if (objects.Get(Resources.ConfigMaps, of, name) is { } map)
            {
                maps.Add(map);
            }

            return maps;
        }

        foreach (var ns in s_namespaces)
        {
            foreach (var map in objects.List(Resources.ConfigMaps, ns))
            {
                if (map.Data?.Values.Any(GpuSharingPlan.IsDocument) == true)
                {
                    maps.Add(map);
                }
            }
        }

        return maps;
    }

    private static bool Same(IReadOnlyList<ConfigMap> before, IReadOnlyList<ConfigMap> now)
    {
        if (before.Count != now.Count)
        {
            return false;
        }

        for (var at = 0; at < now.Count; at++)
        {
            if (before[at].Metadata.ResourceVersion != now[at].Metadata.ResourceVersion
                || before[at].Metadata.Uid != now[at].Metadata.Uid)
            {
                return false;
            }
        }

        return true;
    }
}
