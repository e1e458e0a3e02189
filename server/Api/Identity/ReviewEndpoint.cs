using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;

namespace Edge.Server.Api.Identity;

/// <summary>
/// Tells who somebody is and what they may do: the kinds of authentication.k8s.io and authorization.k8s.io that are
/// answered and never stored.
/// </summary>
internal sealed class ReviewEndpoint(Authorizer authorizer, Authenticator authenticator)
{
    public static bool Answers(ResourceSchema schema) =>
        schema.Group is "authentication.k8s.io" or "authorization.k8s.io";

    public async Task Run(ApiRequest request)
    {
        var review = await ObjectReading.Read(request, request.Schema);
        var spec = review.Object("spec") ?? [];
        review["status"] = request.Schema.Kind switch
        {
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = UserJson.Of(request.User) },
            "SelfSubjectRulesReview" => Rules(request.User, spec),
            "TokenReview" => Token(spec),
            "SelfSubjectAccessReview" => Access(request, spec, request.User),
            _ => Access(request, spec, Subject(request, spec)),
        };
        review.Ensure("metadata")["creationTimestamp"] ??= null;
        await ResponseBody.Write(request.Response, 201, review);
    }

    private static UserInfo Subject(ApiRequest request, JsonObject spec)
    {
        if (spec.Text("user").Length == 0 && spec.Items("groups").Count == 0)
        {
            throw Invalid(request, new FieldError("spec.user", "FieldValueInvalid",
                "Invalid value: \"\": at least one of user or group must be specified"));
        }

        return UserJson.Read(spec);
    }

    private JsonObject Access(ApiRequest request, JsonObject spec, UserInfo user)
    {
        var decision = authorizer.Decide(user, Asked(request, spec));
        var status = new JsonObject { ["allowed"] = decision.Allowed };
        if (decision.Reason.Length > 0)
        {
            status["reason"] = decision.Reason;
        }

        return status;
    }

    private static AccessRequest Asked(ApiRequest request, JsonObject spec)
    {
        var (resource, path) = (spec.Object("resourceAttributes"), spec.Object("nonResourceAttributes"));
        if (resource is not null == path is not null)
        {
            throw Invalid(request, resource is null
                ? new FieldError("spec.resourceAttributes", "FieldValueInvalid",
                    "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified")
                : new FieldError("spec.nonResourceAttributes", "FieldValueInvalid", $"Invalid value: "
                    + $"{path!.ToJsonString()}: cannot be specified in combination with resourceAttributes"));
        }

        CheckLocal(request, resource);
        return resource is null
            ? new AccessRequest(
                path.Text("verb"), "", "", "", "", "", path.Text("path") is { Length: > 0 } at ? at : "/")
            : new AccessRequest(
                resource.Text("verb"), resource.Text("group"), resource.Text("resource"),
                resource.Text("subresource"), resource.Text("namespace"), resource.Text("name"), "");
    }

    /// <summary>A review in a namespace is about that namespace alone.</summary>
    private static void CheckLocal(ApiRequest request, JsonObject? resource)
    {
        if (!request.Schema.Namespaced)
        {
            return;
        }

        if (resource is null)
        {
            throw Invalid(request, new FieldError("spec.nonResourceAttributes", "FieldValueInvalid",
                "Invalid value: null: disallowed on this kind of request"));
        }

        if (resource.Text("namespace") != request.Path.Namespace)
        {
            throw Errors.BadRequest(
                $"spec.resourceAttributes.namespace must match namespace: {request.Path.Namespace}");
        }
    }

    private JsonObject Rules(UserInfo user, JsonObject spec)
    {
        var ns = spec.Text("namespace");
        if (ns.Length == 0)
        {
            throw Errors.BadRequest("no namespace on request");
        }

        var (rules, missing) = authorizer.RulesOf(user, ns);
        var status = new JsonObject
        {
            ["resourceRules"] = PolicyRule.Write(rules.Where(rule => rule.Resources.Count > 0)),
            ["nonResourceRules"] = PolicyRule.Write(rules.Where(rule => rule.Urls.Count > 0)),
            ["incomplete"] = false,
        };
        if (missing.Count > 0)
        {
            status["evaluationError"] = string.Join(", ", missing);
        }

        return status;
    }

    private JsonObject Token(JsonObject spec)
    {
        var token = spec.Text("token");
        if (token.Length == 0)
        {
            throw Errors.BadRequest("token is required for TokenReview in authentication");
        }

        try
        {
            var found = authenticator.OfToken(token, UserJson.Texts(spec.Items("audiences")));
            return found?.User is { } user
                ? new JsonObject
                {
                    ["authenticated"] = true,
                    ["user"] = UserJson.Of(user),
                    ["audiences"] = UserJson.Texts(found.Audiences),
                }
                : Unknown(found?.Problem ?? "invalid bearer token");
        }
        catch (StatusException refused)
        {
            return Unknown(refused.Message);
        }
    }

    private static JsonObject Unknown(string problem) =>
        new() { ["user"] = new JsonObject(), ["error"] = problem };

    private static StatusException Invalid(ApiRequest request, FieldError error) =>
        Errors.Invalid(request.Schema, "", [error]);
}
