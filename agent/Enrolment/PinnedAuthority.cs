using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Settings;

namespace Edge.Agent.Enrolment;

/// <summary>
/// Fetches the server's CA, which a TLS handshake does not carry. Nothing secret is sent and nothing is believed but a
/// certificate whose public key has the pinned hash.
/// </summary>
internal static class PinnedAuthority
{
    private const string Path = "cacerts";
    private const int BytesMax = 64 * 1024;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Whom the settings say to trust, by a file or by a hash.</summary>
    public static async Task<ServerTrust> TrustOf(AgentSettings settings, Uri server, CancellationToken cancellation)
    {
        var authorities = new X509Certificate2Collection();
        if (settings.CaFile is { } file)
        {
            authorities.ImportFromPemFile(file);
        }
        else if (await Fetch(server, settings.CaCertHash!, cancellation) is { } pinned)
        {
            authorities.Add(pinned);
        }

        return new ServerTrust(settings.CaCertHash, authorities);
    }

    /// <summary>Null when the server does not offer it; the handshake then has to.</summary>
    public static async Task<X509Certificate2?> Fetch(Uri server, string hash, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
#pragma warning disable CA5359 // The answer is public and proves itself by its hash.
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
        };
        using var http = new HttpClient(handler)
        {
            BaseAddress = server,
            Timeout = RequestTimeout,
            MaxResponseContentBufferSize = BytesMax,
        };
        try
        {
            using var response = await http.GetAsync(Path, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }

            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(await response.Content.ReadAsStringAsync(cancellation));
            return authorities.FirstOrDefault(candidate => HashOf(candidate) == hash)
                ?? throw new EnrolmentException(
                    EnrolmentReason.Refused,
                    "the server's CA does not have the pinned hash (caCertHash): a wrong hash, or a wrong server");
        }
        catch (Exception failed) when (failed is HttpRequestException or CryptographicException)
        {
            throw new EnrolmentException(EnrolmentReason.Unreachable, failed.Message, failed);
        }
        catch (TaskCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new EnrolmentException(EnrolmentReason.Unreachable, "no answer in time", late);
        }
    }

    public static string HashOf(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
}
