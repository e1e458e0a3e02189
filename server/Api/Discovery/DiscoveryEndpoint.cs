using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Api.Tokens;
using Edge.Server.Schema;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Discovery;

/// <summary>Answers everything that is no resource: probes, version, the server's CA, discovery, OpenAPI.</summary>
internal sealed class DiscoveryEndpoint(
    SchemaCatalog catalog, int versionMinor, string authorityPem, IssuerDocuments issuer, HealthEndpoint health)
{
    private const string AggregatedType = "application/json;g=apidiscovery.k8s.io;v={0};as=APIGroupDiscoveryList";

    /// <summary>Asked for with an at sign, which no client can read in an answer.</summary>
    private const string OpenApiV2Type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private const int YearSeconds = 365 * 24 * 3600;

    private readonly DocumentCache _documents = new();

    public async Task Run(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            throw Errors.MethodNotAllowed(http.Request.Method, "");
        }

        var path = http.Request.Path.Value!.TrimEnd('/');
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        await (parts switch
        {
            [var name] when HealthEndpoint.Answers(name) => health.Run(http, name, check: null),
            [var name, var check] when HealthEndpoint.Answers(name) => health.Run(http, name, check),
            ["version"] => ResponseBody.Write(http.Response, 200, VersionInfo.Of(versionMinor)),
            ["cacerts"] => Authority(http),
            [".well-known", "openid-configuration"] => issuer.Configuration(http),
            ["openid", "v1", "jwks"] => issuer.Keys(http),
            ["api" or "apis"] => Groups(http, core: parts[0] == "api"),
            ["api", var version] => Plain(http, PlainDiscovery.Resources(catalog, "", version)),
            ["apis", var group] => Plain(http, PlainDiscovery.OneGroup(catalog, group)),
            ["apis", var group, var version] => Plain(http, PlainDiscovery.Resources(catalog, group, version)),
            ["openapi", "v2"] => OpenApiV2(http),
            ["openapi", "v3"] => Tagged(http, ResponseBody.Json, OpenApi.Index(catalog)),
            ["openapi", "v3", "api", var version] => OpenApiV3(http, "", version),
            ["openapi", "v3", "apis", var group, var version] => OpenApiV3(http, group, version),
            _ => throw Errors.NoSuchPath(),
        });
    }

    /// <summary>
    /// The CA that signed this server, which a TLS handshake does not carry. A new node has only its hash, and
    /// believes nothing else of this answer.
    /// </summary>
    private Task Authority(HttpContext http)
    {
        http.Response.ContentType = "application/x-pem-file";
        return ResponseBody.Write(http.Response, 200, Encoding.ASCII.GetBytes(authorityPem));
    }

    private Task Groups(HttpContext http, bool core)
    {
        http.Response.Headers.Vary = "Accept";
        if (Negotiation.AggregatedDiscovery(http.Request.Headers.Accept) is { } version)
        {
            http.Response.Headers.CacheControl = "public";
            var body = ResponseBody.Bytes(AggregatedDiscovery.Of(catalog, core, version));
            return Tagged(http, AggregatedType.Replace("{0}", version, StringComparison.Ordinal), body);
        }

        return ResponseBody.Write(http.Response, 200, core
            ? PlainDiscovery.CoreVersions(http.Request.Host.Value ?? "")
            : PlainDiscovery.Groups(catalog));
    }

    private static Task Plain(HttpContext http, JsonObject? body) =>
        ResponseBody.Write(http.Response, 200, body ?? throw Errors.NoSuchPath());

    private Task OpenApiV2(HttpContext http)
    {
        http.Response.Headers.Vary = "Accept";
        return http.Request.Headers.Accept.ToString().Contains("protobuf", StringComparison.Ordinal)
            ? _documents.Write(http, "v2 protobuf", OpenApiV2Type, OpenApi.V2Protobuf)
            : _documents.Write(http, "v2", ResponseBody.Json, () => OpenApi.V2());
    }

    private Task OpenApiV3(HttpContext http, string group, string version)
    {
        var served = new GroupVersion(group, version);
        if (!catalog.GroupVersions.Contains(served))
        {
            throw Errors.NoSuchPath();
        }

        http.Response.Headers.Vary = "Accept";
        if (http.Request.Query.ContainsKey("hash"))
        {
            // The URL changes with the document, so that a client needs it once ever.
            http.Response.Headers.CacheControl = $"public, immutable, max-age={YearSeconds}";
            http.Response.Headers.Expires = "Fri, 31 Dec 9999 23:59:59 GMT";
        }

        return _documents.Write(http, $"v3 {served}", ResponseBody.Json, () => OpenApi.V3(catalog, served)!);
    }

    /// <summary>Answers 304 to a client that has these very bytes.</summary>
    private static Task Tagged(HttpContext http, string type, ReadOnlyMemory<byte> body)
    {
        var tag = $"\"{Convert.ToHexString(SHA256.HashData(body.Span))}\"";
        http.Response.Headers.ETag = tag;
        if (http.Request.Headers.IfNoneMatch.ToString() == tag)
        {
            http.Response.StatusCode = 304;
            return Task.CompletedTask;
        }

        http.Response.ContentType = type;
        return ResponseBody.Write(http.Response, 200, body);
    }
}
