using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Identity;

/// <summary>Tells callers who they are and what they may do. Reviews are answered and never stored.</summary>
internal static class SelfReviews
{
    public static bool IsOne(RequestPath path) => path.Name.Length == 0 && path switch
    {
        { Group: "authorization.k8s.io", Version: "v1" } =>
            path.Resource is "selfsubjectaccessreviews" or "selfsubjectrulesreviews",
        { Group: "authentication.k8s.io", Version: "v1" } => path.Resource == "selfsubjectreviews",
        _ => false,
    };

    public static async Task Run(HttpContext http, RequestPath path, UserInfo user, CancellationToken ct)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            throw Errors.MethodNotAllowed(http.Request.Method, path.Resource);
        }

        var spec = await ReadSpec(http, ct);
        var (kind, status) = path.Resource switch
        {
            "selfsubjectreviews" => ("SelfSubjectReview", new JsonObject { ["userInfo"] = User(user) }),
            "selfsubjectrulesreviews" => ("SelfSubjectRulesReview", Rules(user)),
            _ => ("SelfSubjectAccessReview", new JsonObject { ["allowed"] = Allowed(user, spec) }),
        };
        await ResponseBody.Write(http.Response, 201, new JsonObject
        {
            ["kind"] = kind,
            ["apiVersion"] = $"{path.Group}/v1",
            ["metadata"] = new JsonObject { ["creationTimestamp"] = null },
            ["spec"] = spec,
            ["status"] = status,
        });
    }

    /// <summary>The kinds are no part of the catalog yet, so only JSON bodies are read.</summary>
    private static async Task<JsonObject> ReadSpec(HttpContext http, CancellationToken ct)
    {
        if (RequestBody.MediaType(http.Request) != ResponseBody.Json)
        {
            throw Errors.UnsupportedMediaType(ResponseBody.Json);
        }

        var body = await RequestBody.Read(http.Request, ct);
        try
        {
            return JsonNode.Parse(body.Span).Object("spec")?.Copy() ?? [];
        }
        catch (JsonException fault)
        {
            throw Errors.BadRequest(fault.Message);
        }
    }

    private static bool Allowed(UserInfo user, JsonObject spec)
    {
        if (spec.Object("nonResourceAttributes") is { } plain)
        {
            return Authorizer.Allows(user,
                new AccessRequest(plain.Text("verb"), "", "", "", "", "", plain.Text("path")));
        }

        var asked = spec.Object("resourceAttributes");
        return Authorizer.Allows(user, new AccessRequest(
            asked.Text("verb"), asked.Text("group"), asked.Text("resource"), asked.Text("subresource"),
            asked.Text("namespace"), asked.Text("name"), ""));
    }

    private static JsonObject User(UserInfo user) => new()
    {
        ["username"] = user.Name,
        ["groups"] = new JsonArray([.. user.Groups.Select(group => (JsonNode)group)]),
    };

    private static JsonObject Rules(UserInfo user)
    {
        var all = user.IsIn(UserInfo.Masters);
        return new JsonObject
        {
            ["resourceRules"] = all ? new JsonArray(Rule("apiGroups", "resources")) : new JsonArray(),
            ["nonResourceRules"] = all ? new JsonArray(Rule("nonResourceURLs")) : new JsonArray(),
            ["incomplete"] = !all,
        };
    }

    private static JsonObject Rule(params string[] fields)
    {
        var rule = new JsonObject { ["verbs"] = new JsonArray((JsonNode)"*") };
        foreach (var field in fields)
        {
            rule[field] = new JsonArray((JsonNode)"*");
        }

        return rule;
    }
}
