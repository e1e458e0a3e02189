using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Edge.Agent.Settings;
using Edge.Proto.Model;

namespace Edge.Agent.Enrolment;

/// <summary>The three requests that a node may make, with or without a certificate.</summary>
internal sealed class EnrolmentApi : IDisposable
{
    private const string Requests = "apis/certificates.k8s.io/v1/certificatesigningrequests";

    /// <summary>A mobile link may be slow, but not this slow.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly ServerTrust _trust;
    private readonly string _credential;
    private readonly X509Certificate2? _certificate;

    /// <summary>As a device that has a token and nothing else.</summary>
    public EnrolmentApi(Uri server, string token, ServerTrust trust)
        : this(server, trust, null) =>
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    /// <summary>As the node of a certificate, which must have its key.</summary>
    public EnrolmentApi(Uri server, X509Certificate2 credential, ServerTrust trust)
        : this(server, trust, credential)
    {
    }

    /// <summary>As the enrolled node, at the server that its settings name or that it enrolled with.</summary>
    /// <exception cref="EnrolmentException">Neither names one, or it cannot be trusted.</exception>
    public static async Task<EnrolmentApi> Open(
        AgentSettings settings, NodeIdentity identity, CancellationToken cancellation)
    {
        var server = settings.Server ?? identity.Server ?? throw Unknown("server");
        if (settings.CaFile is not null || settings.CaCertHash is not null)
        {
            return new EnrolmentApi(
                server, identity.Credential(), await PinnedAuthority.TrustOf(settings, server, cancellation));
        }

        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(identity.ApiCaPem ?? throw Unknown("caFile or caCertHash"));
        return new EnrolmentApi(server, identity.Credential(), new ServerTrust(null, authorities));

        static EnrolmentException Unknown(string setting) => new(
            EnrolmentReason.Refused, $"this node enrolled before it kept where its server is: set {setting}");
    }

    private EnrolmentApi(Uri server, ServerTrust trust, X509Certificate2? credential)
    {
        _trust = trust;
        _certificate = credential;
        _credential = credential is null ? "the token (wrong, expired or used)" : "this node's certificate";
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                trust.Accepts(certificate, chain, errors) },
        };
        if (credential is not null)
        {
            // Chosen here, because .NET looks at dates and issuers before it shows one.
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => credential;
        }

        _http = new HttpClient(handler) { BaseAddress = server, Timeout = RequestTimeout };
    }

    public Task<ConfigMap> Cluster(CancellationToken cancellation) => Send(
        HttpMethod.Get, "api/v1/namespaces/kube-public/configmaps/edge-cluster", null, ModelJson.Default.ConfigMap,
        cancellation);

    public Task<CertificateSigningRequest> Request(string name, CancellationToken cancellation) => Send(
        HttpMethod.Get, $"{Requests}/{name}", null, ModelJson.Default.CertificateSigningRequest, cancellation);

    /// <summary>Asking twice for the same key is asking once.</summary>
    public async Task Ask(CertificateSigningRequest request, CancellationToken cancellation)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, ModelJson.Default.CertificateSigningRequest);
        await Send(HttpMethod.Post, Requests, body, ModelJson.Default.CertificateSigningRequest, cancellation,
            conflictIsFine: request);
    }

    public void Dispose()
    {
        _http.Dispose();
        _certificate?.Dispose();
    }

    private async Task<T> Send<T>(
        HttpMethod method, string path, byte[]? body, JsonTypeInfo<T> type, CancellationToken cancellation,
        T? conflictIsFine = default)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
            {
                request.Content = new ByteArrayContent(body);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            }

            using var response = await _http.SendAsync(request, cancellation);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellation);
            if (response.StatusCode == HttpStatusCode.Conflict && conflictIsFine is not null)
            {
                return conflictIsFine;
            }

            return response.IsSuccessStatusCode
                ? JsonSerializer.Deserialize(bytes, type) ?? throw new JsonException("an empty answer")
                : throw Refusal(response.StatusCode, bytes);
        }
        catch (HttpRequestException failed)
        {
            throw new EnrolmentException(
                _trust.Refusal is null ? EnrolmentReason.Unreachable : EnrolmentReason.Refused,
                _trust.Refusal ?? failed.Message, failed);
        }
        catch (JsonException broken)
        {
            throw new EnrolmentException(
                EnrolmentReason.Unreachable, $"the answer is not understood: {broken.Message}");
        }
        catch (TaskCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new EnrolmentException(EnrolmentReason.Unreachable, "no answer in time", late);
        }
    }

    /// <summary>4xx is the server's word about this node; all else may pass.</summary>
    private EnrolmentException Refusal(HttpStatusCode status, byte[] body)
    {
        var passing = (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.NotFound
            or HttpStatusCode.RequestTimeout;
        var message = Message(body) ?? status.ToString();
        return passing
            ? new EnrolmentException(EnrolmentReason.Unreachable, $"the server answered {(int)status}: {message}")
            : new EnrolmentException(
                EnrolmentReason.Refused,
                status == HttpStatusCode.Unauthorized
                    ? $"the server does not accept {_credential}: {message}"
                    : $"the server refused: {message}");
    }

    private static string? Message(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty("message", out var message) ? message.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
