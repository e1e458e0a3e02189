using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// Answers a registry's challenge: Basic with user and password, Bearer with a token fetched from the realm. The token
/// is kept until shortly before it expires; it never leaves the host that asked for it.
/// </summary>
internal sealed class RegistryAuth(
    HttpMessageInvoker http, RegistryCredential? credential, string scope, TimeProvider clock)
{
    /// <summary>The distribution specification's value when expires_in is absent.</summary>
    private const int DefaultTokenSeconds = 60;

    /// <summary>Token answers are a few KiB.</summary>
    private const int TokenBytesMax = 1024 * 1024;

    private AuthenticationHeaderValue? _header;
    private DateTimeOffset _until = DateTimeOffset.MinValue;

    /// <summary>What to send now; null before the first challenge and after expiry.</summary>
    public AuthenticationHeaderValue? Header => clock.GetUtcNow() < _until ? _header : null;

    /// <summary>False when the challenge cannot be answered.</summary>
    public async Task<bool> Answer(HttpResponseMessage refused, CancellationToken token)
    {
        var challenges = refused.Headers.TryGetValues("WWW-Authenticate", out var values)
            ? values.Select(AuthChallenge.Parse).ToList()
            : [];
        if (challenges.Find(challenge => challenge.Scheme == "bearer") is { } bearer)
        {
            await FetchToken(bearer, token);
            return _header is not null;
        }

        if (credential is null || !challenges.Exists(challenge => challenge.Scheme == "basic"))
        {
            return false;
        }

        _header = Basic(credential);
        _until = DateTimeOffset.MaxValue;
        return true;
    }

    private async Task FetchToken(AuthChallenge challenge, CancellationToken token)
    {
        if (!Uri.TryCreate(challenge.Parameters.GetValueOrDefault("realm"), UriKind.Absolute, out var realm))
        {
            throw new RegistryException("failed to authorize: no realm in the registry's challenge");
        }

        var service = challenge.Parameters.GetValueOrDefault("service", "");
        var wanted = challenge.Parameters.GetValueOrDefault("scope", scope);
        using var answer = credential is null ? null : await Post(realm, service, wanted, token);
        // Registries without the OAuth form answer one of these to a POST; the older GET form then works.
        var fallBack = answer is null or
        {
            StatusCode: HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Unauthorized
                or HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType
        };
        using var second = fallBack ? await Get(realm, service, wanted, token) : null;
        await Read(second ?? answer!, token);
    }

    private async Task<HttpResponseMessage> Post(Uri realm, string service, string wanted, CancellationToken token)
    {
        var form = new Dictionary<string, string> { ["service"] = service, ["scope"] = wanted, ["client_id"] = "edge" };
        if (credential!.IdentityToken is { } refresh)
        {
            form["grant_type"] = "refresh_token";
            form["refresh_token"] = refresh;
        }
        else
        {
            form["grant_type"] = "password";
            form["username"] = credential.Username;
            form["password"] = credential.Password;
        }

        using var content = new FormUrlEncodedContent(form);
        using var request = new HttpRequestMessage(HttpMethod.Post, realm) { Content = content };
        return await http.SendAsync(request, token);
    }

    private async Task<HttpResponseMessage> Get(Uri realm, string service, string wanted, CancellationToken token)
    {
        var query = $"service={Uri.EscapeDataString(service)}&scope={Uri.EscapeDataString(wanted)}";
        var builder = new UriBuilder(realm);
        builder.Query = builder.Query.Length > 1 ? $"{builder.Query[1..]}&{query}" : query;
        using var request = new HttpRequestMessage(HttpMethod.Get, builder.Uri);
        request.Headers.Authorization = credential is null ? null : Basic(credential);
        return await http.SendAsync(request, token);
    }

    private async Task Read(HttpResponseMessage answer, CancellationToken token)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new RegistryException(
                $"failed to authorize: failed to fetch oauth token: unexpected status: {(int)answer.StatusCode} "
                + $"{answer.ReasonPhrase}",
                answer.StatusCode);
        }

        await answer.Content.LoadIntoBufferAsync(TokenBytesMax, token);
        var read = JsonSerializer.Deserialize(
            await answer.Content.ReadAsByteArrayAsync(token), TokenJson.Default.TokenAnswer);
        var text = read?.Token ?? read?.AccessToken
            ?? throw new RegistryException("failed to authorize: the answer holds no token");
        _header = new AuthenticationHeaderValue("Bearer", text);
        // A tenth less, so that a token does not die on its way.
        _until = clock.GetUtcNow() + TimeSpan.FromSeconds((read.ExpiresIn ?? DefaultTokenSeconds) * 0.9);
    }

    private static AuthenticationHeaderValue Basic(RegistryCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Password}")));
}

/// <summary>What a token server answers.</summary>
internal sealed record TokenAnswer
{
    [JsonPropertyName("token")]
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    [JsonPropertyName("expires_in")]
    public double? ExpiresIn { get; init; }
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(TokenAnswer))]
internal sealed partial class TokenJson : JsonSerializerContext;
