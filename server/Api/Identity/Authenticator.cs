using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Api.Tokens;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Identity;

/// <summary>Finds out who asks: client certificate first, then bearer token, else anonymous.</summary>
internal sealed class Authenticator(
    CertificateUsers certificates, BootstrapTokens tokens, ServiceAccountTokens accounts, Func<string, bool> isDenied)
{
    private const string Bearer = "Bearer ";

    private readonly string[] _own = [accounts.Issuer];

    /// <exception cref="StatusException">401: credentials were given and are not good.</exception>
    public UserInfo Find(HttpContext http)
    {
        var certificate = http.Connection.ClientCertificate;
        if (certificate is not null && certificates.Find(certificate) is { } user)
        {
            return IsDenied(user)
                ? throw Errors.Unauthorized($"NodeDenied: {user.Name} is denied by the administrator")
                : user;
        }

        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return OfToken(header[Bearer.Length..].Trim(), _own)?.User ?? throw Errors.Unauthorized();
        }

        return certificate is null ? UserInfo.Anonymous : throw Errors.Unauthorized();
    }

    /// <summary>Whose a token is and for whom it is meant; null when it is none of ours.</summary>
    /// <param name="token">A service account's, or a bootstrap token.</param>
    /// <param name="audiences">Whoever asks; none is this server.</param>
    /// <exception cref="StatusException">401: the bootstrap token has expired.</exception>
    public TokenFinding? OfToken(string token, IReadOnlyList<string> audiences)
    {
        var asked = audiences.Count == 0 ? _own : audiences;
        if (accounts.Find(token, asked) is { } found)
        {
            return found;
        }

        // A bootstrap token is meant for this server.
        return tokens.Find(token) is { } device && asked.Contains(accounts.Issuer)
            ? new TokenFinding(device, _own, "")
            : null;
    }

    private bool IsDenied(UserInfo user) =>
        user.IsIn(UserInfo.Nodes) && user.Name.StartsWith(UserInfo.NodePrefix, StringComparison.Ordinal)
        && isDenied(user.Name[UserInfo.NodePrefix.Length..]);
}
