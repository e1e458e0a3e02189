using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Access;

/// <summary>
/// Every role and binding, by whom they are for. One thread writes. What is said twice by one object is kept once, so
/// a change takes as long as that object has subjects or rules.
/// </summary>
internal sealed class RoleTable
{
    private readonly Dictionary<string, RoleRules> _roles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Binding> _bindings = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, GrantScope> _namespaces = new(StringComparer.Ordinal);

    private sealed record Binding(string RoleKey, Dictionary<Subject, Grant> Grants);

    public GrantScope Cluster { get; } = new();

    public GrantScope? InNamespace(string ns) => _namespaces.GetValueOrDefault(ns);

    public void Put(StoredObject stored)
    {
        var tree = ObjectBytes.Tree(stored.Value.Span) as JsonObject ?? [];
        if (RbacKeys.IsRole(stored.Key))
        {
            RoleOf(stored.Key).Rules = PolicyRule.ReadAll(tree["rules"]);
            return;
        }

        Bind(stored.Key, tree, _bindings.GetValueOrDefault(stored.Key));
    }

    public void Remove(string key)
    {
        if (RbacKeys.IsRole(key))
        {
            RoleOf(key).Rules = null;
            DropIfUnused(key);
            return;
        }

        if (_bindings.Remove(key, out var old))
        {
            Unbind(key, old, kept: null);
        }
    }

    /// <summary>Each grant takes the place of the subject's former one, so that nobody is refused in between.</summary>
    private void Bind(string key, JsonObject tree, Binding? old)
    {
        var (_, _, ns, name) = StoreKeys.Parts(key);
        var reference = tree.Object("roleRef");
        var roleKey = RbacKeys.OfRole(reference.Text("kind"), ns, reference.Text("name"));
        var role = RoleOf(roleKey);
        role.Bindings++;
        var shown = ns is null ? $"ClusterRoleBinding \"{name}\"" : $"RoleBinding \"{name}/{ns}\"";
        var scope = ns is null ? Cluster : _namespaces.GetOrAdd(ns, _ => new GrantScope());
        var grants = new Dictionary<Subject, Grant>();
        foreach (var item in tree.Objects("subjects"))
        {
            if (BoundSubject.Read(item, ns ?? "") is not { } subject)
            {
                continue;
            }

            var grant = new Grant(shown, subject.Shown, role);
            if (grants.TryAdd(subject.Who, grant))
            {
                scope.Set(subject.Who, old?.Grants.GetValueOrDefault(subject.Who), grant);
            }
        }

        _bindings[key] = new Binding(roleKey, grants);
        if (old is not null)
        {
            Unbind(key, old, grants);
        }
    }

    /// <summary>Takes away the grants of a binding as it was, but for subjects that were given others.</summary>
    private void Unbind(string key, Binding old, Dictionary<Subject, Grant>? kept)
    {
        var ns = StoreKeys.Parts(key).Namespace;
        var scope = ns is null ? Cluster : _namespaces.GetValueOrDefault(ns);
        foreach (var (subject, grant) in old.Grants)
        {
            if (kept is null || !kept.ContainsKey(subject))
            {
                scope?.Remove(subject, grant);
            }
        }

        RoleOf(old.RoleKey).Bindings--;
        DropIfUnused(old.RoleKey);

        if (ns is not null && scope is { IsEmpty: true })
        {
            _namespaces.TryRemove(ns, out _);
        }
    }

    /// <summary>A role that is gone is kept, without rules, while a binding names it.</summary>
    private void DropIfUnused(string key)
    {
        if (_roles.GetValueOrDefault(key) is { Rules: null, Bindings: 0 })
        {
            _roles.Remove(key);
        }
    }

    private RoleRules RoleOf(string key)
    {
        if (!_roles.TryGetValue(key, out var role))
        {
            var (_, resource, _, name) = StoreKeys.Parts(key);
            _roles[key] = role = new RoleRules(resource == RbacKeys.Roles ? "Role" : "ClusterRole", name);
        }

        return role;
    }
}
