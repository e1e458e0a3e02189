using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Proto.Model;

namespace Edge.Agent.Enrolment;

/// <summary>
/// Gets a certificate for a key of this node, by the kubelet's rules for the request. The request is named by the key:
/// asking again, also after a power cut, asks for the same.
/// </summary>
internal sealed class CertificateAsking(EnrolmentApi api, string nodeName, TimeProvider clock)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <returns>The certificate in PEM.</returns>
    /// <exception cref="EnrolmentException">Denied, or the way is broken.</exception>
    public async Task<string> For(ECDsa key, CancellationToken cancellation)
    {
        var request = RequestFor(key);
        await api.Ask(request, cancellation);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Answer(await api.Request(request.Metadata.Name!, cancellation)) is { } certificate)
            {
                return certificate;
            }

            await Task.Delay(Poll, clock, cancellation);
        }
    }

    private CertificateSigningRequest RequestFor(ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName($"system:node:{nodeName}");
        subject.AddOrganizationName("system:nodes");
        var pem = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var hash = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        return new CertificateSigningRequest
        {
            Metadata = new ObjectMeta { Name = $"node-csr-{hash[..40]}" },
            Spec = new CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(pem + "\n"),
                SignerName = "kubernetes.io/kube-apiserver-client-kubelet",
                Usages = ["digital signature", "client auth"],
            },
        };
    }

    private static string? Answer(CertificateSigningRequest request)
    {
        foreach (var condition in request.Status?.Conditions ?? [])
        {
            if (condition.Type is "Denied" or "Failed")
            {
                throw new EnrolmentException(EnrolmentReason.Refused, $"{condition.Reason}: {condition.Message}");
            }
        }

        return request.Status?.Certificate is { Length: > 0 } signed ? Encoding.ASCII.GetString(signed) : null;
    }
}
