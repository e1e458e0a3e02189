using Edge.Server.Access;
using Edge.Server.Link;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Keeps the link and the broker in step with who may not speak (<see cref="DeniedNodes"/>). Nothing else ends a
/// device, neither a clock nor a date.
/// </summary>
/// <param name="objects">Where the list is.</param>
/// <param name="link">Hears them no more from now on.</param>
/// <param name="setBrokerDenied">
/// Tells the broker who is denied, and of which nodes it is to end the connections, since their keys were denied now.
/// </param>
/// <param name="log">Told of each.</param>
internal sealed class DenyList(
    Objects objects, LinkServer link, Action<DeniedNodes, IReadOnlyCollection<string>> setBrokerDenied,
    ILogger<DenyList> log)
{
    // Replaced whole, so that it may be read from any thread.
    private volatile DeniedNodes _denied = DeniedNodes.None;

    /// <summary>Must be done before the link and the broker run: the broker is told also of an empty list.</summary>
    public void Prime()
    {
        // Whoever has one of these keys was cut off when it was denied, and connects no more.
        Apply(cuts: false);
        setBrokerDenied(_denied, []);
    }

    /// <summary>Who may not speak now; from any thread.</summary>
    public DeniedNodes Now => _denied;

    public async Task Run(CancellationToken ct)
    {
        var key = Resources.ConfigMaps.KeyOf(DeniedNodes.Namespace, DeniedNodes.ConfigMapName);
        await foreach (var step in objects.Store.Follow(Resources.ConfigMaps.Prefix(DeniedNodes.Namespace), ct))
        {
            if (step is FollowStep.Listed || step is FollowStep.Changed changed && changed.Change.Object.Key == key)
            {
                Apply(cuts: true);
            }
        }
    }

    private void Apply(bool cuts)
    {
        var wanted = DeniedNodes.Of(
            objects.Get(Resources.ConfigMaps, DeniedNodes.Namespace, DeniedNodes.ConfigMapName));
        var before = _denied;

        // First, because a certificate must not be signed, nor a request heard, of whom the broker lets go already.
        _denied = wanted;
        foreach (var node in wanted.Nodes.Except(before.Nodes))
        {
            link.Deny(node);
            log.Denied(node);
        }

        foreach (var node in before.Nodes.Except(wanted.Nodes))
        {
            link.Allow(node);
            log.Allowed(node);
        }

        var cut = new HashSet<string>();
        foreach (var hash in wanted.Keys.Except(before.Keys))
        {
            link.DenyKey(hash);
            cut.Add(wanted.Holders[hash]);
            log.KeyDenied(hash);
        }

        foreach (var hash in before.Keys.Except(wanted.Keys))
        {
            link.AllowKey(hash);
        }

        if (!wanted.Nodes.SetEquals(before.Nodes) || !wanted.Keys.SetEquals(before.Keys))
        {
            setBrokerDenied(wanted, cuts ? cut : []);
        }
    }
}
