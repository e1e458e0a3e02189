using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Api.Tokens;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Identity;

/// <summary>Finds out who asks: client certificate first, then bearer token, else anonymous.</summary>
internal sealed class Authenticator(
    CertificateUsers certificates, BootstrapTokens tokens, ServiceAccountTokens accounts, Func<DeniedNodes> denied)
{
    private const string Bearer = "Bearer ";

    private readonly string[] _own = [accounts.Issuer];

    /// <exception cref="StatusException">401: credentials were given and are not good.</exception>
    public UserInfo Find(HttpContext http)
    {
        var certificate = http.Connection.ClientCertificate;
        if (certificate is not null && certificates.Find(certificate) is { } user)
        {
            return Denial(user, certificate) is { } reason
                ? throw Errors.Unauthorized($"{reason} is denied by the administrator")
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

    /// <summary>Of a node, by its name or by the key that it shows; null when it may speak.</summary>
    private string? Denial(UserInfo user, X509Certificate2 certificate)
    {
        if (!user.IsIn(UserInfo.Nodes) || !user.Name.StartsWith(UserInfo.NodePrefix, StringComparison.Ordinal))
        {
            return null;
        }

        var now = denied();
        return now.Nodes.Contains(user.Name[UserInfo.NodePrefix.Length..]) ? $"NodeDenied: {user.Name}"
            : now.Keys.Count > 0 && now.Keys.Contains(HashOf(certificate)) ? $"KeyDenied: this key of {user.Name}"
            : null;
    }

    private static string HashOf(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
}
