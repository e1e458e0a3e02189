using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Edge.Server;

/// <summary>Speaks to a running server as the user of a kubeconfig that edge-server wrote.</summary>
internal sealed class AdminClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _server;

    private AdminClient(string server, X509Certificate2 ca, HttpClient http) =>
        (_server, Ca, _http) = (server, ca, http);

    public X509Certificate2 Ca { get; }

    public static async Task<AdminClient> Open(string kubeconfig, CancellationToken ct)
    {
        var lines = await File.ReadAllLinesAsync(kubeconfig, ct);
        var ca = X509Certificate2.CreateFromPem(Pem(lines, "certificate-authority-data"));
        using var pem = X509Certificate2.CreateFromPem(
            Pem(lines, "client-certificate-data"), Pem(lines, "client-key-data"));
        return new AdminClient(Value(lines, "server"), ca, new HttpClient(new SocketsHttpHandler
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
        })
        {
            // A copy of a large database takes its time; whoever waits can interrupt.
            Timeout = Timeout.InfiniteTimeSpan,
        });
    }

    /// <summary>The answer, once its head is there.</summary>
    /// <exception cref="InvalidOperationException">It is no success; the message says what was answered.</exception>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(_server + path)) { Content = content };
        var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw new InvalidOperationException($"{request.RequestUri} answered {(int)answer.StatusCode}: "
                + await answer.Content.ReadAsStringAsync(ct));
        }
    }

    public void Dispose() => _http.Dispose();

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
