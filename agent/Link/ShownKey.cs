using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Proto.Mqtt;

namespace Edge.Agent.Link;

/// <summary>Which key a connection was made with, as the server records it.</summary>
internal static class ShownKey
{
    /// <summary>SHA-256 of its public key info; empty when its certificate does not read.</summary>
    public static byte[] Of(MqttTls? shown)
    {
        try
        {
            using var certificate = shown?.CertFile is { Length: > 0 } file
                ? X509CertificateLoader.LoadCertificateFromFile(file)
                : null;
            return certificate is null ? [] : SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException)
        {
            return [];
        }
    }
}
