using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.ServiceAccounts;

/// <summary>
/// Gives every namespace its ServiceAccount <c>default</c>. There is nothing to plan: it is there or not.
/// </summary>
internal sealed class ServiceAccountsController(Objects objects) : IController
{
    private const string DefaultName = "default";

    public string Name => "serviceaccounts";

    public IReadOnlyList<WatchSource> Sources { get; } =
    [
        WatchSource.Own(Resources.Namespaces.Prefix()),
        new WatchSource(Resources.ServiceAccounts.Prefix(),
            stored => [stored.Key[Resources.ServiceAccounts.Prefix().Length..].Split('/')[0]],
            () => objects.Store.List(Resources.Namespaces.Prefix()).Items
                .Select(stored => stored.Key[Resources.Namespaces.Prefix().Length..])),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var ns = objects.Get(Resources.Namespaces, null, key);
        if (ns is null || ns.Metadata.DeletionTimestamp is not null
            || objects.Get(Resources.ServiceAccounts, key, DefaultName) is not null)
        {
            return null;
        }

        await objects.Create(Resources.ServiceAccounts,
            new ServiceAccount { Metadata = new ObjectMeta { Namespace = key, Name = DefaultName } }, ct);
        return null;
    }
}
