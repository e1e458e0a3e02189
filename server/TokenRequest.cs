using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server;

/// <summary>Makes a bootstrap token through the API, as the administrator of a kubeconfig.</summary>
internal static class TokenRequest
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int IdLength = 6;
    private const int SecretLength = 16;

    public static async Task Create(
        string kubeconfig, TimeSpan ttl, TimeProvider time, TextWriter output, CancellationToken ct)
    {
        using var client = await AdminClient.Open(kubeconfig, ct);
        var id = RandomNumberGenerator.GetString(Alphabet, IdLength);
        var secret = RandomNumberGenerator.GetString(Alphabet, SecretLength);
        var expires = time.GetUtcNow() + ttl;

        var body = JsonSerializer.SerializeToUtf8Bytes(NewSecret(id, secret, expires), ModelJson.Default.Secret);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var answer = await client.Send(
            HttpMethod.Post, "/api/v1/namespaces/kube-system/secrets", content, ct);

        await output.WriteLineAsync($"token: {id}.{secret}");
        await output.WriteLineAsync($"caCertHash: {new Pki.CertificateAuthority(client.Ca).PublicKeyPin}");
        await output.WriteLineAsync($"expires: {expires.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}");
    }

    private static Secret NewSecret(string id, string secret, DateTimeOffset expires) => new()
    {
        Metadata = new ObjectMeta { Namespace = "kube-system", Name = $"bootstrap-token-{id}" },
        Type = "bootstrap.kubernetes.io/token",
        Data = new Dictionary<string, byte[]>
        {
            ["token-id"] = Encoding.ASCII.GetBytes(id),
            ["token-secret"] = Encoding.ASCII.GetBytes(secret),
            ["expiration"] = Encoding.ASCII.GetBytes($"{expires.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}"),
            ["usage-bootstrap-authentication"] = "true"u8.ToArray(),
        },
    };
}
