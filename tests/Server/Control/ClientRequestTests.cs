using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Control.Certificates;

namespace Edge.Tests.Server.Control;

/// <summary>What becomes of certificate requests of the API's clients.</summary>
public sealed class ClientRequestTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nobody_signs_what_nobody_approved() =>
        Assert.IsType<CertificateStep.Wait>(Decide(Csr(Pem("CN=jane")) with { Status = null }));

    [Fact]
    public void An_approved_request_is_signed_as_it_names_its_user_and_groups()
    {
        var sign = Assert.IsType<CertificateStep.SignClient>(Decide(Csr(Pem("O=a, OU=ignored, O=b, CN=jane"))));
        Assert.Equal("jane", sign.Request.User);
        Assert.Equal(["a", "b"], sign.Request.Groups);
    }

    [Theory]
    [InlineData(null, 365 * 86400 - 300)]
    [InlineData(600, 600)]
    [InlineData(86400, 86400 - 300)]
    [InlineData(int.MaxValue, 365 * 86400 - 300)]
    public void It_lasts_what_it_asks_for_and_a_year_at_most(int? asked, int seconds)
    {
        var csr = Csr(Pem("CN=jane"));
        var sign = Assert.IsType<CertificateStep.SignClient>(
            Decide(csr with { Spec = csr.Spec with { ExpirationSeconds = asked } }));
        Assert.Equal((s_now.AddMinutes(-5), s_now.AddSeconds(seconds)), (sign.From, sign.Until));
    }

    [Theory]
    [InlineData("CN=system:node:n1", "system:node:n1")]
    [InlineData("CN=system:bootstrap:abcdef", "system:bootstrap:abcdef")]
    [InlineData("CN=system:serviceaccount:kube-system:x", "system:serviceaccount:kube-system:x")]
    [InlineData("O=system:masters, CN=jane", "system:masters")]
    [InlineData("O=system:nodes, CN=jane", "system:nodes")]
    [InlineData("O=system:bootstrappers:x, CN=jane", "system:bootstrappers:x")]
    [InlineData("O=team", "subject must hold one common name")]
    [InlineData("CN=a, CN=b", "subject must hold one common name")]
    public void It_makes_nobody_a_device_a_master_or_a_service_account(string subject, string says)
    {
        var fail = Assert.IsType<CertificateStep.Fail>(Decide(Csr(Pem(subject))));
        Assert.Equal("SignerValidationFailure", fail.Reason);
        Assert.Contains(says, fail.Message);
    }

    [Theory]
    [InlineData("digital signature", "missing required usage for client certificate: client auth")]
    [InlineData("client auth,server auth", "invalid usage for client certificate: server auth")]
    public void It_is_for_clients_alone(string usages, string says)
    {
        var csr = Csr(Pem("CN=jane"));
        var fail = Assert.IsType<CertificateStep.Fail>(
            Decide(csr with { Spec = csr.Spec with { Usages = usages.Split(',') } }));
        Assert.Equal(says, fail.Message);
    }

    [Fact]
    public void A_short_key_and_a_request_signed_by_another_key_fail()
    {
        using var weak = RSA.Create(1024);
        var pem = new CertificateRequest("CN=jane", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSigningRequestPem();
        Assert.IsType<CertificateStep.Fail>(Decide(Csr(pem)));
        var text = Pem("CN=jane");
        var der = Convert.FromBase64String(text[PemEncoding.Find(text).Base64Data]);
        der[^1] ^= 1;
        Assert.IsType<CertificateStep.Fail>(Decide(Csr(PemEncoding.WriteString("CERTIFICATE REQUEST", der))));
    }

    /// <summary>sha256WithRSAEncryption and its neighbour that nothing knows.</summary>
    [Fact]
    public void A_signature_that_nothing_here_knows_is_refused_and_no_failure_of_the_controller()
    {
        using var key = RSA.Create(2048);
        var der = new CertificateRequest("CN=jane", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSigningRequest();
        byte[] known = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
        der[der.AsSpan().LastIndexOf(known) + known.Length - 1] = 0x63;
        Assert.IsType<CertificateStep.Fail>(Decide(Csr(PemEncoding.WriteString("CERTIFICATE REQUEST", der))));
    }

    private static CertificateStep Decide(CertificateSigningRequest csr) =>
        CertificatesPlan.Decide(csr, new CertificateFacts(_ => null, _ => null, DeniedNodes.None), s_now);

    private static string Pem(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    private static CertificateSigningRequest Csr(string pem) => new()
    {
        Metadata = new ObjectMeta { Name = "jane", CreationTimestamp = s_now },
        Spec = new CertificateSigningRequestSpec
        {
            Request = Encoding.ASCII.GetBytes(pem),
            SignerName = CertificatesPlan.ClientSigner,
            Usages = ["client auth", "digital signature"],
        },
        Status = new CertificateSigningRequestStatus
        {
            Conditions = [new Condition { Type = "Approved", Status = "True" }],
        },
    };
}
