using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
        var lines = await File.ReadAllLinesAsync(kubeconfig, ct);
        var ca = X509Certificate2.CreateFromPem(Pem(lines, "certificate-authority-data"));
        using var client = Client(lines, ca);
        var id = RandomNumberGenerator.GetString(Alphabet, IdLength);
        var secret = RandomNumberGenerator.GetString(Alphabet, SecretLength);
        var expires = time.GetUtcNow() + ttl;

        var body = JsonSerializer.SerializeToUtf8Bytes(NewSecret(id, secret, expires), ModelJson.Default.Secret);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        var url = new Uri(Value(lines, "server") + "/api/v1/namespaces/kube-system/secrets");
        using var answer = await client.PostAsync(url, content, ct);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"{url} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
        }

        await output.WriteLineAsync($"token: {id}.{secret}");
        await output.WriteLineAsync($"caCertHash: {new Pki.CertificateAuthority(ca).PublicKeyPin}");
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

    private static HttpClient Client(string[] lines, X509Certificate2 ca)
    {
        using var pem = X509Certificate2.CreateFromPem(
            Pem(lines, "client-certificate-data"), Pem(lines, "client-key-data"));
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { ca },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        });
    }

    private static string Pem(string[] lines, string key) =>
        Encoding.ASCII.GetString(Convert.FromBase64String(Value(lines, key)));

    /// <summary>
    /// Reads the form in which edge-server writes its own kubeconfig: one cluster, one user, one line each.
    /// </summary>
    private static string Value(string[] lines, string key) =>
        lines.Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(key + ":", StringComparison.Ordinal))
            ?[(key.Length + 1)..].Trim().Trim('"')
        ?? throw new InvalidDataException($"the kubeconfig has no {key}");
}
