using Edge.Server.Access;
using Edge.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Identity;

/// <summary>
/// Acting as somebody else: headers name the user, and every part of it must be allowed by the verb
/// <c>impersonate</c> (kubectl's --as, --as-group, --as-uid).
/// </summary>
internal static class Impersonation
{
    private const string User = "Impersonate-User";
    private const string Group = "Impersonate-Group";
    private const string Uid = "Impersonate-Uid";
    private const string ExtraPrefix = "Impersonate-Extra-";
    private const string Verb = "impersonate";
    private const string Authentication = "authentication.k8s.io";

    /// <summary>Whom the request is made as: <paramref name="caller"/>, or whom it may act as.</summary>
    /// <exception cref="StatusException">
    /// 403: some part is not allowed. 400: other parts are named without a user.
    /// </exception>
    public static UserInfo Of(IHeaderDictionary headers, UserInfo caller, Authorizer authorizer)
    {
        var (name, groups, uid) = (headers[User].ToString(), Values(headers, Group), headers[Uid].ToString());
        var extra = Extra(headers);
        if (name.Length == 0)
        {
            return groups.Count == 0 && uid.Length == 0 && extra.Count == 0
                ? caller
                : throw Errors.BadRequest("requested groups, uid or extra without impersonating a user");
        }

        foreach (var asked in Asked(name, groups, uid, extra))
        {
            if (authorizer.Decide(caller, asked) is { Allowed: false } refused)
            {
                throw Refusals.Of(caller, asked, refused);
            }
        }

        return new UserInfo(name, Groups(name, groups)) { Uid = uid, Extra = extra };
    }

    private static IEnumerable<AccessRequest> Asked(
        string name, List<string> groups, string uid, Dictionary<string, IReadOnlyList<string>> extra)
    {
        yield return UserInfo.ServiceAccountOf(name) is { } account
            ? AccessRequest.OfResource(Verb, "", "serviceaccounts", account.Namespace, account.Name)
            : AccessRequest.OfResource(Verb, "", "users", "", name);
        foreach (var group in groups)
        {
            yield return AccessRequest.OfResource(Verb, "", "groups", "", group);
        }

        foreach (var (key, values) in extra)
        {
            foreach (var value in values)
            {
                yield return new AccessRequest(Verb, Authentication, "userextras", key, "", value, "");
            }
        }

        if (uid.Length > 0)
        {
            yield return AccessRequest.OfResource(Verb, Authentication, "uids", "", uid);
        }
    }

    /// <summary>
    /// Those named, or a service account's own; and the group of all who are known, or of all who are not.
    /// </summary>
    private static List<string> Groups(string name, List<string> named)
    {
        List<string> groups = named.Count == 0 && UserInfo.ServiceAccountOf(name) is { } account
            ? [.. UserInfo.ServiceAccountGroups(account.Namespace)]
            : [.. named];
        var all = name == UserInfo.Anonymous.Name ? UserInfo.Unauthenticated : UserInfo.Authenticated;
        if (!groups.Contains(UserInfo.Authenticated) && !groups.Contains(UserInfo.Unauthenticated))
        {
            groups.Add(all);
        }

        return groups;
    }

    private static List<string> Values(IHeaderDictionary headers, string name)
    {
        var values = new List<string>();
        foreach (var value in headers[name])
        {
            if (!string.IsNullOrEmpty(value))
            {
                values.Add(value);
            }
        }

        return values;
    }

    /// <summary>Keys are lower case, and percent-encoded where a header's name cannot hold them.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Extra(IHeaderDictionary headers)
    {
        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        // Not its keys: they would be copied into a set, for every request.
        foreach (var (header, _) in headers)
        {
            if (header.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
            {
                var key = Uri.UnescapeDataString(header[ExtraPrefix.Length..].ToLowerInvariant());
                extra[key] = Values(headers, header);
            }
        }

        return extra;
    }
}
