using Edge.Server.Access;
using Edge.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Identity;

/// <summary>Finds out who asks: client certificate first, then bearer token, else anonymous.</summary>
internal sealed class Authenticator(
    CertificateUsers certificates, BootstrapTokens tokens, Func<string, bool> isDenied)
{
    private const string Bearer = "Bearer ";

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
            return OfToken(header[Bearer.Length..].Trim()) ?? throw Errors.Unauthorized();
        }

        return certificate is null ? UserInfo.Anonymous : throw Errors.Unauthorized();
    }

    /// <summary>Whose a bearer token is; null when it is none of ours.</summary>
    /// <exception cref="StatusException">401: the token is ours, but not good any more.</exception>
    public UserInfo? OfToken(string token) => tokens.Find(token);

    private bool IsDenied(UserInfo user) =>
        user.IsIn(UserInfo.Nodes) && user.Name.StartsWith(UserInfo.NodePrefix, StringComparison.Ordinal)
        && isDenied(user.Name[UserInfo.NodePrefix.Length..]);
}
