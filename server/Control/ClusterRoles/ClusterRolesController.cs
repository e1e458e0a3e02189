using Edge.Server.Access;
using Edge.Server.Store;

namespace Edge.Server.Control.ClusterRoles;

/// <summary>
/// Keeps the rules of ClusterRoles that are made up of others (clusterrole-aggregation in Kubernetes). Any role may be
/// part of any, so all are looked at together; their changes are rare.
/// </summary>
internal sealed class ClusterRolesController(Objects objects) : IController
{
    private const string All = "all";

    private readonly RoleAggregation _aggregation = new(objects);

    public string Name => "clusterroles";

    public IReadOnlyList<WatchSource> Sources { get; } =
        [new WatchSource(RbacKeys.AllClusterRoles, _ => [All], () => [All])];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        // What it changes comes back by the watch, and is looked at again.
        await _aggregation.Round(ct);
        return null;
    }
}
