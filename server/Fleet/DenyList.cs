using Edge.Server.Link;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Nodes that may not speak: the keys of ConfigMap kube-system/edge-denied-nodes. Nothing else ends a device, neither a
/// clock nor a date.
/// </summary>
internal sealed class DenyList(
    Objects objects, LinkServer link, Action<IReadOnlyCollection<string>> setBrokerDenied, ILogger<DenyList> log)
{
    public const string ConfigMapName = "edge-denied-nodes";

    // Replaced whole, so that it may be read from any thread.
    private volatile HashSet<string> _denied = [];

    /// <summary>Must be done before the link runs.</summary>
    public void Prime() => Apply();

    /// <summary>Whether the node may not speak; from any thread.</summary>
    public bool Has(string node) => _denied.Contains(node);

    public async Task Run(CancellationToken ct)
    {
        var key = Resources.ConfigMaps.KeyOf("kube-system", ConfigMapName);
        await foreach (var step in objects.Store.Follow(Resources.ConfigMaps.Prefix("kube-system"), ct))
        {
            if (step is FollowStep.Listed || step is FollowStep.Changed changed && changed.Change.Object.Key == key)
            {
                Apply();
            }
        }
    }

    private void Apply()
    {
        var config = objects.Get(Resources.ConfigMaps, "kube-system", ConfigMapName);
        var wanted = (config?.Data ?? new Dictionary<string, string>()).Keys.ToHashSet();
        foreach (var node in wanted.Except(_denied))
        {
            link.Deny(node);
            log.Denied(node);
        }

        foreach (var node in _denied.Except(wanted))
        {
            link.Allow(node);
            log.Allowed(node);
        }

        if (!wanted.SetEquals(_denied))
        {
            setBrokerDenied(wanted);
        }

        _denied = wanted;
    }
}
