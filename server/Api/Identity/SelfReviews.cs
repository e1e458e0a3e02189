using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Identity;

/// <summary>Tells callers who they are and what they may do. Reviews are answered and never stored.</summary>
internal static class SelfReviews
{
    /// <summary>The kind of review that a path asks for; null when it asks for something else.</summary>
    public static string? KindOf(RequestPath path) => (path.Group, path.Resource, path.Name) switch
    {
        ("authorization.k8s.io", "selfsubjectaccessreviews", "") => "SelfSubjectAccessReview",
        ("authorization.k8s.io", "selfsubjectrulesreviews", "") => "SelfSubjectRulesReview",
        ("authentication.k8s.io", "selfsubjectreviews", "") => "SelfSubjectReview",
        _ => null,
    };

    public static async Task Run(HttpContext http, ResourceSchema schema, UserInfo user, CancellationToken ct)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            throw Errors.MethodNotAllowed(http.Request.Method, schema.Kind);
        }

        var spec = await ReadSpec(http, schema, user, ct);
        var status = schema.Kind switch
        {
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = User(user) },
            "SelfSubjectRulesReview" => Rules(user),
            _ => new JsonObject { ["allowed"] = Allowed(user, spec) },
        };
        await ResponseBody.Write(http.Response, 201, new JsonObject
        {
            ["kind"] = schema.Kind,
            ["apiVersion"] = schema.ApiVersion,
            ["metadata"] = new JsonObject { ["creationTimestamp"] = null },
            ["spec"] = spec,
            ["status"] = status,
        });
    }

    private static async Task<JsonObject> ReadSpec(
        HttpContext http, ResourceSchema schema, UserInfo user, CancellationToken ct)
    {
        var body = await RequestBody.Read(http.Request, Authorizer.BodyBytesMax(user), ct);
        return RequestBody.Decode(http.Request, schema, body, FieldValidation.Ignore) switch
        {
            DecodeResult.Decoded decoded => decoded.Object.Object("spec")?.Copy() ?? [],
            DecodeResult.Failed failed => throw Errors.BadRequest(failed.Message),
            _ => throw Errors.Internal("unknown decode result"),
        };
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
