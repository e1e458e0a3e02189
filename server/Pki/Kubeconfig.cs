using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Edge.Server.Pki;

/// <summary>Writes the administrator's kubeconfig.</summary>
internal static class Kubeconfig
{
    public static void Write(string path, string server, PkiFiles pki)
    {
        var key = pki.Admin.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
        var text = $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: edge
              cluster:
                server: {server}
                certificate-authority-data: {Base64(pki.ApiCa.CertificatePem)}
            users:
            - name: admin
              user:
                client-certificate-data: {Base64(pki.Admin.ExportCertificatePem())}
                client-key-data: {Base64(key)}
            contexts:
            - name: edge
              context:
                cluster: edge
                user: admin
            current-context: edge

            """;
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            PkiFiles.Write(path, text);
        }
    }

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem + "\n"));
}
