using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Api.Identity;

/// <summary>What an HTTP request asks for, in the words of authorization (apiserver's RequestInfo).</summary>
internal static class RequestAccess
{
    private const string ByName = "metadata.name=";

    public static AccessRequest Of(string verb, RequestPath path, RequestQuery query)
    {
        if (!path.IsResource)
        {
            return new AccessRequest(verb, "", "", "", "", "", path.Path);
        }

        var name = path.Name.Length == 0 && verb is ("list" or "watch" or "deletecollection")
            ? NameOf(query.Text("fieldSelector"))
            : path.Name;
        // A namespace is itself in the namespace of its name, so that a role in it may show it.
        var ns = path is { Resource: "namespaces", Group: "", Namespace: "" } ? path.Name : path.Namespace;
        return new AccessRequest(verb, path.Group, path.Resource, path.Subresource, ns, name, "");
    }

    /// <summary>
    /// The only name that a field selector lets through; empty for any. A selector with escapes is not understood here,
    /// and must not be taken for one that names an object.
    /// </summary>
    private static string NameOf(string selector)
    {
        if (selector.Contains('\\'))
        {
            return "";
        }

        foreach (var term in selector.Split(',', StringSplitOptions.TrimEntries))
        {
            if (term.StartsWith(ByName, StringComparison.Ordinal))
            {
                var name = term[ByName.Length..].TrimStart('=');
                return IsName(name) ? name : "";
            }
        }

        return "";
    }

    private static bool IsName(string name) =>
        name.Length > 0 && !Names.PathSegment(name).Any();
}
