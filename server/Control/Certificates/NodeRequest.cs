using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Server.Access;

namespace Edge.Server.Control.Certificates;

/// <summary>A readable request of a node for its client certificate: who it wants to be, and its key.</summary>
internal sealed record NodeRequest(string Node, PublicKey Key)
{
    /// <summary>A certificate's common name holds 64 characters, and the prefix takes twelve.</summary>
    private const int NodeNameMax = 52;

    private const string CommonNameOid = "2.5.4.3";
    private const string OrganizationOid = "2.5.4.10";

    /// <summary>The node as a user; the certificate's common name, by which the broker knows it.</summary>
    public string User => UserInfo.NodePrefix + Node;

    /// <summary>Names the key: SHA-256 over its subject public key info.</summary>
    public string KeyHash => Convert.ToHexStringLower(SHA256.HashData(Key.ExportSubjectPublicKeyInfo()));

    /// <summary>The request, or what is wrong with it (the kubelet client signer's rules).</summary>
    public static (NodeRequest? Request, string Problem) Parse(byte[] pem, IReadOnlyList<string> usages)
    {
        if (usages.Except(["digital signature", "client auth", "key encipherment"]).Any()
            || !usages.Contains("digital signature") || !usages.Contains("client auth"))
        {
            return (null, "usages must be \"digital signature\" and \"client auth\"");
        }

        try
        {
            // Loading checks the request's own signature, which proves that the sender has the key.
            return Read(CertificateRequest.LoadSigningRequestPem(
                Encoding.ASCII.GetString(pem), HashAlgorithmName.SHA256));
        }
        catch (Exception broken) when (
            broken is CryptographicException or ArgumentException or NotSupportedException)
        {
            // Also of a name that is well signed and badly made, which is read only when it is asked for.
            return (null, "spec.request is not a valid PEM-encoded PKCS#10 request");
        }
    }

    private static (NodeRequest? Request, string Problem) Read(CertificateRequest request)
    {
        if (request.PublicKey.GetECDsaPublicKey() is not { KeySize: 256 })
        {
            return (null, "the key must be ECDSA P-256");
        }

        var name = One(request.SubjectName, CommonNameOid) ?? "";
        var node = name.StartsWith(UserInfo.NodePrefix, StringComparison.Ordinal)
            ? name[UserInfo.NodePrefix.Length..] : "";
        return One(request.SubjectName, OrganizationOid) != UserInfo.Nodes
                ? (null, $"subject organization must be {UserInfo.Nodes}")
            : !IsNodeName(node) ? (null, $"subject common name must be {UserInfo.NodePrefix} and a node name of at "
                + $"most {NodeNameMax} lower case letters, digits, '-' and '.'")
            : HasMore(request.SubjectName) ? (null, "subject must hold one organization and one common name, each in "
                + "a part of its own, and nothing else")
            : (new NodeRequest(node, request.PublicKey), "");
    }

    /// <summary>A DNS subdomain, which can hold no wildcard and no level of an MQTT topic.</summary>
    private static bool IsNodeName(string name) =>
        name.Length is > 0 and <= NodeNameMax
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.')
        && name.Split('.').All(label => label.Length > 0 && label[0] != '-' && label[^1] != '-');

    /// <summary>
    /// Nothing but the two names is signed, so a sender who asks for more asks for what it would not get; a part of
    /// several values, which others read in ways of their own, is an attack.
    /// </summary>
    private static bool HasMore(X500DistinguishedName subject)
    {
        var parts = subject.EnumerateRelativeDistinguishedNames().ToList();
        return parts.Count != 2 || parts.Any(part => part.HasMultipleElements);
    }

    /// <summary>The attribute's value when it stands exactly once in a part of its own.</summary>
    private static string? One(X500DistinguishedName subject, string oid)
    {
        var values = subject.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == oid)
            .Select(part => part.GetSingleElementValue())
            .ToList();
        return values is [var value] ? value : null;
    }
}
