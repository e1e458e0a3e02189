using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Identity;

/// <summary>Writes into a certificate request who asked for it, and holds a bootstrap token to one key.</summary>
internal sealed class EnrolmentCheck(Objects objects, BootstrapTokens tokens)
{
    /// <summary>On a Node: SHA-256 of its public key (SubjectPublicKeyInfo), in hex.</summary>
    public const string KeyAnnotation = "edge/public-key-sha256";

    /// <exception cref="StatusException">401: the token was used up for another key.</exception>
    public void Prepare(UserInfo user, JsonObject request)
    {
        var spec = request.Ensure("spec");
        spec["username"] = user.Name;
        spec["groups"] = new JsonArray([.. user.Groups.Select(group => JsonValue.Create(group))]);
        spec.Remove("uid");
        spec.Remove("extra");
        if (tokens.NodeOf(user) is { } node && KeyOf(spec.Text("request")) is var key && key != KnownKey(node))
        {
            throw Errors.Unauthorized($"TokenUsed: the bootstrap token was used to enrol node \"{node}\"");
        }
    }

    private string? KnownKey(string node) =>
        objects.Get(Resources.Nodes, null, node)?.Metadata.Annotations?.GetValueOrDefault(KeyAnnotation);

    /// <summary>Empty when the request cannot be read; validation then says so.</summary>
    private static string KeyOf(string base64)
    {
        try
        {
            var pem = Encoding.ASCII.GetString(Convert.FromBase64String(base64));
            var request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
            return Convert.ToHexStringLower(SHA256.HashData(request.PublicKey.ExportSubjectPublicKeyInfo()));
        }
        catch (Exception fault) when (fault is FormatException or CryptographicException or ArgumentException)
        {
            return "";
        }
    }
}
