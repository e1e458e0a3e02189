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
        if (objects.OpenNamespace(key) is not { } open
            || objects.Store.Get(Resources.ServiceAccounts.KeyOf(key, DefaultName)) is not null)
        {
            return null;
        }

        // Overtaken, it needs no second try: a namespace that changed comes again by its own event.
        await objects.Create(Resources.ServiceAccounts,
            new ServiceAccount { Metadata = new ObjectMeta { Namespace = key, Name = DefaultName } }, [open], ct);
        return null;
    }
}
