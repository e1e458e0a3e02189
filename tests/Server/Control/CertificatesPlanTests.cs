using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Control.Certificates;

namespace Edge.Tests.Server.Control;

/// <summary>Who gets a node's certificate, and for what words a request is denied.</summary>
public sealed class CertificatesPlanTests
{
    private const string Token = "abcdef";
    private const string P256 = "P-256";

    private static readonly DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_good_request_with_a_fresh_token_is_signed_and_uses_the_token_up()
    {
        var sign = Assert.IsType<CertificateStep.Sign>(Decide(Request("n1")));
        Assert.Equal(("n1", false, Token), (sign.Request.Node, sign.AlreadyApproved, sign.TokenId));
    }

    [Theory]
    [InlineData("CN=system:node:n1", P256, "organization must be system:nodes")]
    [InlineData("O=system:masters, CN=system:node:n1", P256, "organization must be system:nodes")]
    [InlineData("O=system:nodes, O=system:masters, CN=system:node:n1", P256, "organization must be system:nodes")]
    [InlineData("O=system:nodes, CN=admin", P256, "common name must be system:node:")]
    [InlineData("O=system:nodes, CN=system:node:", P256, "common name must be system:node:")]
    [InlineData("O=system:nodes, CN=\"system:node:+\"", P256, "common name must be system:node:")]
    [InlineData("O=system:nodes, CN=system:node:N1", P256, "common name must be system:node:")]
    [InlineData("O=system:nodes, CN=system:node:a/b", P256, "common name must be system:node:")]
    [InlineData("O=system:nodes, CN=system:node:n1, CN=system:node:n2", P256, "common name must be system:node:")]
    [InlineData("O=system:nodes, CN=system:node:n1, OU=x", P256, "and nothing else")]
    [InlineData("OU=x+CN=system:node:victim, O=system:nodes, CN=system:node:n1", P256, "and nothing else")]
    [InlineData("CN=system:node:n1, O=system:nodes, OU=x+CN=system:node:victim", P256, "and nothing else")]
    [InlineData("O=system:nodes+CN=system:node:n1", P256, "organization must be system:nodes")]
    [InlineData("O=system:nodes, CN=system:node:n1", "P-384", "ECDSA P-256")]
    public void A_request_that_breaks_the_kubelet_rules_is_denied(string subject, string curve, string says)
    {
        var deny = Assert.IsType<CertificateStep.Deny>(Decide(Csr(Pem(subject, curve))));
        Assert.Equal("InvalidRequest", deny.Reason);
        Assert.Contains(says, deny.Message);
    }

    /// <summary>sha256WithRSAEncryption and its neighbour that nothing knows.</summary>
    [Fact]
    public void A_signature_that_nothing_here_knows_is_denied_and_no_failure_of_the_controller()
    {
        using var key = RSA.Create(2048);
        var der = new CertificateRequest(
            "O=system:nodes, CN=system:node:n1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSigningRequest();
        byte[] known = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
        der[der.AsSpan().LastIndexOf(known) + known.Length - 1] = 0x63;
        var pem = Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE REQUEST", der));
        Assert.IsType<CertificateStep.Deny>(Decide(Csr(pem)));
    }

    /// <summary>A printable string of a name with a letter that is none: read only when it is asked for.</summary>
    [Fact]
    public void A_name_that_cannot_be_read_is_denied_and_no_failure_of_the_controller()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // SET { SEQUENCE { commonName, PrintableString of one byte 0xFF } }
        byte[] part = [0x31, 0x0A, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x13, 0x01, 0xFF];
        var subject = new X500DistinguishedName([0x30, (byte)part.Length, .. part]);
        var pem = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        Assert.IsType<CertificateStep.Deny>(Decide(Csr(Encoding.ASCII.GetBytes(pem))));
    }

    [Theory]
    [InlineData("client auth")]
    [InlineData("digital signature")]
    [InlineData("digital signature,client auth,server auth")]
    [InlineData("")]
    public void Usages_must_be_those_of_a_client(string usages)
    {
        var csr = Csr(Pem("O=system:nodes, CN=system:node:n1"));
        var asked = usages.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var step = Decide(csr with { Spec = csr.Spec with { Usages = asked } });
        var deny = Assert.IsType<CertificateStep.Deny>(step);
        Assert.Contains("usages", deny.Message);
    }

    [Fact]
    public void A_request_that_is_no_request_is_denied() =>
        Assert.Equal("InvalidRequest", Assert.IsType<CertificateStep.Deny>(Decide(Csr("hello"u8.ToArray()))).Reason);

    [Fact]
    public void A_taken_name_with_another_key_is_denied_naming_the_node()
    {
        var deny = Assert.IsType<CertificateStep.Deny>(Decide(Request("n1"), NodeWithKey("n1", "another")));
        Assert.Equal("NodeNameTaken", deny.Reason);
        Assert.Contains("\"n1\"", deny.Message);
    }

    [Theory]
    [InlineData("used", "TokenUsed")]
    [InlineData("expired", "TokenExpired")]
    [InlineData("unreadable", "TokenExpired")]
    [InlineData("absent", "TokenUnknown")]
    public void A_token_that_is_no_good_is_denied(string token, string reason)
    {
        var secret = token switch
        {
            "used" => Secret(usedBy: "n2"),
            "expired" => Secret(expiration: "2026-01-01T12:00:00Z"),
            "unreadable" => Secret(expiration: "tomorrow"),
            _ => null,
        };
        var step = Decide(Request("n1"), null, secret);
        Assert.Equal(reason, Assert.IsType<CertificateStep.Deny>(step).Reason);
    }

    [Fact]
    public void The_device_that_used_the_token_is_signed_again_and_another_key_is_not()
    {
        var csr = Request("n1");
        var key = NodeRequest.Parse(csr.Spec.Request, csr.Spec.Usages!).Request!.KeyHash;
        var used = Secret(usedBy: "n1");

        var same = Decide(csr, NodeWithKey("n1", key), used);
        Assert.Null(Assert.IsType<CertificateStep.Sign>(same).TokenId);

        var other = Decide(Request("n1"), NodeWithKey("n1", key), used);
        Assert.Equal("TokenUsed", Assert.IsType<CertificateStep.Deny>(other).Reason);

        var gone = Decide(csr, null, used);
        Assert.Equal("TokenUsed", Assert.IsType<CertificateStep.Deny>(gone).Reason);
    }

    [Fact]
    public void A_node_renews_only_its_own_certificate_and_only_while_it_exists()
    {
        var own = From(Request("n1"), "system:node:n1");
        Assert.IsType<CertificateStep.Sign>(Decide(own, NodeWithKey("n1", "old")));
        Assert.IsType<CertificateStep.Wait>(Decide(own));
        Assert.IsType<CertificateStep.Wait>(Decide(From(Request("n1"), "system:node:n2"), NodeWithKey("n1", "old")));
    }

    [Theory]
    [InlineData("system:node:n1", "system:bootstrappers")]
    [InlineData("system:node:n1", "system:masters")]
    [InlineData(UserInfo.BootstrapPrefix + Token, "system:nodes")]
    [InlineData(UserInfo.BootstrapPrefix + Token, "people")]
    public void Whoever_only_has_a_devices_name_waits_for_somebody_to_approve(string user, string group)
    {
        var step = Decide(From(Request("n1"), user, group), NodeWithKey("n1", "old"));
        Assert.Equal(TimeSpan.FromHours(24), Assert.IsType<CertificateStep.Wait>(step).Again);
    }

    [Theory]
    [InlineData("system:node:n1", false)]
    [InlineData(UserInfo.BootstrapPrefix + Token, false)]
    [InlineData("kubernetes-admin", true)]
    public void A_denied_node_is_signed_no_certificate_whoever_asks(string user, bool approved)
    {
        var csr = From(Request("n1"), user) with
        {
            Status = approved
                ? new() { Conditions = [new Condition { Type = "Approved", Status = "True" }] }
                : null,
        };
        var step = Decide(csr, NodeWithKey("n1", "old"), Secret(), denied: "n1");
        Assert.Equal("NodeDenied", Assert.IsType<CertificateStep.Deny>(step).Reason);
    }

    [Fact]
    public void Requests_for_other_signers_are_left_to_others()
    {
        var csr = Request("n1");
        var other = csr with { Spec = csr.Spec with { SignerName = "kubernetes.io/kube-apiserver-client" } };
        Assert.Equal(TimeSpan.FromHours(24), Assert.IsType<CertificateStep.Wait>(Decide(other)).Again);
    }

    [Fact]
    public void What_a_person_approved_is_signed()
    {
        var csr = From(Request("n1"), "kubernetes-admin") with
        {
            Status = new() { Conditions = [new Condition { Type = "Approved", Status = "True" }] },
        };
        Assert.True(Assert.IsType<CertificateStep.Sign>(Decide(csr)).AlreadyApproved);
    }

    [Fact]
    public void Decided_requests_go_after_an_hour()
    {
        var denied = Request("n1") with
        {
            Status = new() { Conditions = [new Condition { Type = "Denied", Status = "True" }] },
        };
        Assert.Equal(TimeSpan.FromHours(1), Assert.IsType<CertificateStep.Wait>(Decide(denied)).Again);
        Assert.IsType<CertificateStep.Delete>(
            Decide(denied, null, null, now: _now.AddHours(1)));
    }

    private static CertificateStep Decide(CertificateSigningRequest csr, Node? node = null) =>
        Decide(csr, node, Secret());

    private static CertificateStep Decide(
        CertificateSigningRequest csr, Node? node, Secret? token, string? denied = null, DateTimeOffset? now = null)
    {
        var list = new ConfigMap
        {
            Data = denied is null ? null : new Dictionary<string, string> { [denied] = "" },
        };
        var facts = new CertificateFacts(
            name => name == node?.Metadata.Name ? node : null, _ => token, DeniedNodes.Of(list));
        return CertificatesPlan.Decide(csr, facts, now ?? _now);
    }

    private static CertificateSigningRequest Request(string node) => Csr(Pem($"O=system:nodes, CN=system:node:{node}"));

    private static CertificateSigningRequest From(
        CertificateSigningRequest csr, string user, string group = "system:nodes") =>
        csr with { Spec = csr.Spec with { Username = user, Groups = [group, "system:authenticated"] } };

    private static CertificateSigningRequest Csr(byte[] pem) => new()
    {
        Metadata = new ObjectMeta { Name = "csr", CreationTimestamp = _now },
        Spec = new CertificateSigningRequestSpec
        {
            Request = pem,
            SignerName = CertificatesPlan.Signer,
            Usages = ["digital signature", "client auth"],
            Username = UserInfo.BootstrapPrefix + Token,
            Groups = ["system:bootstrappers", "system:authenticated"],
        },
    };

    private static byte[] Pem(string subject, string curve = P256)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve == P256 ? "nistP256" : "nistP384"));
        var request = new CertificateRequest(
            new X500DistinguishedName(subject, X500DistinguishedNameFlags.None), key, HashAlgorithmName.SHA256);
        return Encoding.ASCII.GetBytes(request.CreateSigningRequestPem());
    }

    private static Secret Secret(string? usedBy = null, string expiration = "2026-01-02T00:00:00Z") => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "bootstrap-token-" + Token,
            Annotations = usedBy is null ? null : new Dictionary<string, string>
            {
                [CertificatesPlan.UsedByAnnotation] = usedBy,
            },
        },
        Data = new Dictionary<string, byte[]> { ["expiration"] = Encoding.UTF8.GetBytes(expiration) },
    };

    private static Node NodeWithKey(string name, string key) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Annotations = new Dictionary<string, string> { [NodeKey.Annotation] = key },
        },
    };
}
