using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Schema.Rules;
using Edge.Server.Store;

namespace Edge.Server.Api.Identity;

/// <summary>
/// Nobody gives, by a role or a binding, what they do not have themselves: unless they are masters, or hold the verb
/// <c>escalate</c> on the role, or <c>bind</c> on the role that a binding names.
/// </summary>
internal sealed class EscalationCheck(ObjectStore store, Authorizer authorizer)
{
    public static bool Concerns(ResourceSchema schema) => schema.Group == RbacRules.Group;

    /// <param name="request">Who writes.</param>
    /// <param name="old">The stored object; null on a create.</param>
    /// <param name="next">What is to be stored.</param>
    /// <exception cref="StatusException">403: it gives more than the writer has. 404: it names no role.</exception>
    public void Check(ApiRequest request, JsonObject? old, JsonObject next)
    {
        if (request.User.IsMaster || (old is not null && ChangesLittle(old, next)))
        {
            return;
        }

        if (request.Schema.Plural is RbacKeys.Roles or RbacKeys.ClusterRoles)
        {
            Role(request, old, next);
            return;
        }

        Binding(request, next);
    }

    /// <summary>Garbage collectors take finalizers and owners away, and need no rights for that.</summary>
    private static bool ChangesLittle(JsonObject old, JsonObject next)
    {
        var copy = next.Copy();
        foreach (var field in (string[])["finalizers", "ownerReferences", "managedFields", "resourceVersion"])
        {
            copy.Ensure("metadata")[field] = old.Object("metadata")?[field]?.DeepClone();
            if (copy.Ensure("metadata")[field] is null)
            {
                copy.Ensure("metadata").Remove(field);
            }
        }

        return JsonTree.Same(copy, old);
    }

    private void Role(ApiRequest request, JsonObject? old, JsonObject role)
    {
        var access = AccessRequest.OfResource("escalate", RbacRules.Group, request.Schema.Plural,
            request.Path.Namespace, role.Object("metadata").Text("name"));
        var sameRules = old is not null
            && JsonTree.Same(old["rules"] ?? new JsonArray(), role["rules"] ?? new JsonArray())
            && JsonTree.Same(old["aggregationRule"], role["aggregationRule"]);
        if (sameRules || authorizer.Allows(request.User, access))
        {
            return;
        }

        Confirm(request, role, PolicyRule.ReadAll(role["rules"]));
        if ((role["aggregationRule"] ?? old?["aggregationRule"]) is not null
            && !Missing(request, RuleCover.FullAuthority).IsEmpty)
        {
            throw Refuse(request, role, "must have cluster-admin privileges to use the aggregationRule");
        }
    }

    private void Binding(ApiRequest request, JsonObject binding)
    {
        var role = binding.Object("roleRef");
        var (kind, name) = (role.Text("kind"), role.Text("name"));
        if (kind is not ("Role" or "ClusterRole") || name.Length == 0)
        {
            // Validation says what is wrong with it.
            return;
        }

        var resource = kind == "Role" ? RbacKeys.Roles : RbacKeys.ClusterRoles;
        var ns = request.Path.Namespace;
        if (authorizer.Allows(request.User, AccessRequest.OfResource("bind", RbacRules.Group, resource, ns, name)))
        {
            return;
        }

        var stored = store.Get(RbacKeys.OfRole(kind, ns, name))
            ?? throw Errors.NotFound(RbacRules.Group, kind.ToLowerInvariant(), name);
        Confirm(request, binding, PolicyRule.ReadAll(ObjectBytes.Tree(stored.Value.Span)?["rules"]));
    }

    private void Confirm(ApiRequest request, JsonObject obj, IReadOnlyList<PolicyRule> wanted)
    {
        var missing = Missing(request, wanted);
        if (missing.IsEmpty)
        {
            return;
        }

        var user = request.User;
        var problems = authorizer.RulesOf(user, request.Path.Namespace).MissingRoles;
        var listed = string.Join('\n', RuleCover.Describe(missing.Parts));
        var more = missing.IsCut ? "\n(and maybe more: the rules have too many combinations to compare them all)" : "";
        var tail = problems.Count == 0 ? "" : $"; resolution errors: [{string.Join(", ", problems)}]";
        throw Refuse(request, obj, $"user \"{user.Name}\" (groups={PolicyRule.Quoted(user.Groups)}) is attempting to "
            + $"grant RBAC permissions not currently held:\n{listed}{more}{tail}");
    }

    private RuleGap Missing(ApiRequest request, IReadOnlyList<PolicyRule> wanted) =>
        RuleCover.Missing(authorizer.RulesOf(request.User, request.Path.Namespace).Rules, wanted);

    private static StatusException Refuse(ApiRequest request, JsonObject obj, string why) =>
        Errors.Forbidden(request.Schema, obj.Object("metadata").Text("name"), why);
}
