using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Tokens;

/// <summary>
/// Lets others check tokens without asking this server: its public key, and where that is (OpenID Connect discovery).
/// </summary>
internal sealed class IssuerDocuments(TokenSigner signer, string issuer, string url)
{
    public Task Configuration(HttpContext http) => Write(http, ResponseBody.Json, new JsonObject
    {
        ["issuer"] = issuer,
        ["jwks_uri"] = $"{url}/openid/v1/jwks",
        ["response_types_supported"] = new JsonArray((JsonNode)"id_token"),
        ["subject_types_supported"] = new JsonArray((JsonNode)"public"),
        ["id_token_signing_alg_values_supported"] = new JsonArray((JsonNode)TokenSigner.Algorithm),
    });

    public Task Keys(HttpContext http) => Write(http, "application/jwk-set+json",
        new JsonObject { ["keys"] = new JsonArray(signer.PublicKey()) });

    private static Task Write(HttpContext http, string type, JsonObject body)
    {
        http.Response.ContentType = type;
        // As upstream: an hour, in which a key does not change.
        http.Response.Headers.CacheControl = "public, max-age=3600";
        return ResponseBody.Write(http.Response, 200, body);
    }
}
