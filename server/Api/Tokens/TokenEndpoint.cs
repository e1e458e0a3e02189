using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Tokens;

/// <summary>Makes a token of a service account (authentication/v1 TokenRequest, kubectl create token).</summary>
internal sealed class TokenEndpoint(VerbParts parts, TokenSigner signer, string issuer)
{
    private const long SecondsMin = 600;
    private const long SecondsMax = 1L << 32;
    private const string Path = "spec.expirationSeconds";

    private readonly ResourceSchema _schema = parts.Catalog.FindKind("authentication.k8s.io", "v1", "TokenRequest")!;

    public async Task Run(ApiRequest request)
    {
        var account = parts.Objects.Get(Resources.ServiceAccounts, request.Path.Namespace, request.Path.Name)
            ?? throw request.NotFound();
        var body = await ObjectReading.Read(request, _schema);
        ObjectReading.CheckName(request, body);
        var spec = body.Ensure("spec");
        ObjectDefaults.Fill(_schema, body);
        if (spec.Items("audiences").Count == 0)
        {
            spec["audiences"] = new JsonArray((JsonNode)issuer);
        }

        var seconds = spec.Number("expirationSeconds") ?? 0;
        Check(request, seconds);
        var now = parts.Time.GetUtcNow();
        var claims = Bind(request, spec.Object("boundObjectRef"), new TokenClaims
        {
            Issuer = issuer,
            Id = parts.Objects.NewUid(),
            Audiences = [.. spec.Items("audiences").Select(item => JsonTree.AsText(item) ?? "")],
            IssuedAt = now.ToUnixTimeSeconds(),
            Expires = now.ToUnixTimeSeconds() + seconds,
            Namespace = request.Path.Namespace,
            Account = new TokenObject(request.Path.Name, account.Metadata.Uid ?? ""),
        });
        body.Ensure("metadata")["creationTimestamp"] = TimeJson.Text(now);
        body["status"] = new JsonObject
        {
            ["token"] = request.Query.DryRun() ? "" : signer.Sign(claims),
            ["expirationTimestamp"] = TimeJson.Text(DateTimeOffset.FromUnixTimeSeconds(claims.Expires)),
        };
        await ResponseBody.Write(request.Response, 201, body);
    }

    private void Check(ApiRequest request, long seconds)
    {
        var fault = seconds < SecondsMin ? "may not specify a duration less than 10 minutes"
            : seconds > SecondsMax ? "may not specify a duration larger than 2^32 seconds"
            : "";
        if (fault.Length > 0)
        {
            throw Errors.Invalid(_schema, request.Path.Name,
                [new FieldError(Path, "FieldValueInvalid", $"Invalid value: {seconds}: {fault}")]);
        }
    }

    /// <summary>The claims with the object that the token is to end with.</summary>
    private TokenClaims Bind(ApiRequest request, JsonObject? reference, TokenClaims claims)
    {
        if (reference is null)
        {
            return claims;
        }

        var (kind, name) = (reference.Text("kind"), reference.Text("name"));
        switch (reference.Text("apiVersion"), kind)
        {
            case ("v1" or "", "Pod"):
                var pod = parts.Objects.Get(Resources.Pods, request.Path.Namespace, name)
                    ?? throw Errors.NotFound("", "pods", name);
                if (pod.Spec.ServiceAccountName != request.Path.Name)
                {
                    throw Errors.BadRequest($"cannot bind token for serviceaccount \"{request.Path.Name}\" to pod "
                        + "running with different serviceaccount name.");
                }

                return claims with { Pod = Named(reference, name, pod.Metadata), Node = NodeOf(pod) };
            case ("v1" or "", "Secret"):
                var secret = parts.Objects.Get(Resources.Secrets, request.Path.Namespace, name)
                    ?? throw Errors.NotFound("", "secrets", name);
                return claims with { Secret = Named(reference, name, secret.Metadata) };
            case ("v1" or "", "Node"):
                var node = parts.Objects.Get(Resources.Nodes, null, name) ?? throw Errors.NotFound("", "nodes", name);
                return claims with { Node = Named(reference, name, node.Metadata) };
            case var (version, _):
                throw Errors.BadRequest($"cannot bind token to object of type {version}, Kind={kind}");
        }
    }

    private TokenObject? NodeOf(Pod pod) => pod.Spec.NodeName is { Length: > 0 } name
        ? new TokenObject(name, parts.Objects.Get(Resources.Nodes, null, name)?.Metadata.Uid ?? "")
        : null;

    private static TokenObject Named(JsonObject reference, string name, ObjectMeta metadata)
    {
        var (asked, known) = (reference.Text("uid"), metadata.Uid ?? "");
        return asked.Length == 0 || asked == known
            ? new TokenObject(name, known)
            : throw Errors.OtherLife(reference.Text("kind"), name, asked);
    }
}
