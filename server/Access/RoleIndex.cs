using Edge.Server.Store;

namespace Edge.Server.Access;

/// <summary>
/// What everybody may do by roles, in memory and kept from the store's watch: a change counts as soon as the watch
/// tells it, some milliseconds after it is committed. A look takes no lock, and as many steps as the caller has rules.
/// </summary>
internal sealed class RoleIndex(ObjectStore store)
{
    private volatile RoleTable _table = new();

    /// <summary>Reads everything there is; before the first request.</summary>
    public void Prime() => Read(store.List(RbacKeys.All));

    /// <summary>Follows the store until cancelled.</summary>
    public async Task Run(CancellationToken ct)
    {
        await foreach (var step in store.Follow(RbacKeys.All, ct))
        {
            switch (step)
            {
                case FollowStep.Listed all:
                    Read(all.Listing);
                    break;
                case FollowStep.Changed { Change: { Type: ChangeType.Put } put }:
                    _table.Put(put.Object);
                    break;
                case FollowStep.Changed { Change: { Type: ChangeType.Delete } gone }:
                    _table.Remove(gone.Object.Key);
                    break;
            }
        }
    }

    public AccessDecision Decide(UserInfo user, AccessRequest access)
    {
        var table = _table;
        if (Find(table.Cluster, user, access) is { } everywhere)
        {
            return everywhere.Decision;
        }

        if (access.Namespace.Length > 0 && table.InNamespace(access.Namespace) is { } scope
            && Find(scope, user, access) is { } here)
        {
            return here.Decision;
        }

        return AccessDecision.Without(RulesOf(user, access.Namespace).MissingRoles);
    }

    /// <summary>All rules of a user in the namespace, or those of the whole cluster where it is empty.</summary>
    public (IReadOnlyList<PolicyRule> Rules, IReadOnlyList<string> MissingRoles) RulesOf(UserInfo user, string ns)
    {
        var table = _table;
        var grants = new List<Grant>();
        Collect(table.Cluster, user, grants);
        if (ns.Length > 0 && table.InNamespace(ns) is { } scope)
        {
            Collect(scope, user, grants);
        }

        var rules = new List<PolicyRule>();
        var missing = new List<string>();
        foreach (var grant in grants)
        {
            if (grant.Role.Rules is { } known)
            {
                rules.AddRange(known);
            }
            else if (!missing.Contains(grant.Role.NotFound))
            {
                missing.Add(grant.Role.NotFound);
            }
        }

        return (rules, missing);
    }

    private void Read(Listing listing)
    {
        var table = new RoleTable();
        foreach (var stored in listing.Items)
        {
            table.Put(stored);
        }

        _table = table;
    }

    private static Grant? Find(GrantScope scope, UserInfo user, AccessRequest access)
    {
        var found = Find(scope.OfUser(user.Name), access);
        for (var at = 0; found is null && at < user.Groups.Count; at++)
        {
            found = Find(scope.OfGroup(user.Groups[at]), access);
        }

        return found;
    }

    private static Grant? Find(Grant[] grants, AccessRequest access)
    {
        foreach (var grant in grants)
        {
            if (grant.Role.Rules is not { } rules)
            {
                continue;
            }

            for (var at = 0; at < rules.Count; at++)
            {
                if (rules[at].Allows(access))
                {
                    return grant;
                }
            }
        }

        return null;
    }

    /// <summary>A binding that names a user twice, such as by two groups, counts once.</summary>
    private static void Collect(GrantScope scope, UserInfo user, List<Grant> into)
    {
        Add(scope.OfUser(user.Name));
        for (var at = 0; at < user.Groups.Count; at++)
        {
            Add(scope.OfGroup(user.Groups[at]));
        }

        void Add(Grant[] grants)
        {
            foreach (var grant in grants)
            {
                if (!into.Exists(grant.IsOfBinding))
                {
                    into.Add(grant);
                }
            }
        }
    }
}
