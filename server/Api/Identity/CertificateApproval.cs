using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Schema;

namespace Edge.Server.Api.Identity;

/// <summary>
/// Who may decide about a certificate request, besides writing to it: whoever may <c>approve</c>, or <c>sign</c>, for
/// its signer (Kubernetes' admission CertificateApproval, CertificateSigning, CertificateSubjectRestriction).
/// </summary>
internal sealed class CertificateApproval(Authorizer authorizer)
{
    private const string Group = "certificates.k8s.io";
    private const string ApiClient = "kubernetes.io/kube-apiserver-client";
    private const string Organization = "2.5.4.10";

    /// <exception cref="StatusException">403: the certificate would make its holder a master.</exception>
    public static void OnCreate(ApiRequest request, JsonObject obj)
    {
        var spec = obj.Object("spec");
        if (spec.Text("signerName") == ApiClient && Organizations(spec.Text("request")).Contains(UserInfo.Masters))
        {
            throw Refuse(request, obj.Object("metadata").Text("name"),
                $"use of {ApiClient} signer with {UserInfo.Masters} group is not allowed");
        }
    }

    /// <exception cref="StatusException">403: the writer may not approve, or sign, for the signer.</exception>
    public void OnUpdate(ApiRequest request, JsonObject old, JsonObject next)
    {
        var signer = old.Object("spec").Text("signerName");
        switch (request.Path.Subresource)
        {
            case "approval" when !May("approve", request.User, signer):
                throw Refuse(request, request.Path.Name,
                    $"user not permitted to approve requests with signerName \"{signer}\"");
            case "status" when Signs(old.Object("status"), next.Object("status"))
                && !May("sign", request.User, signer):
                throw Refuse(request, request.Path.Name,
                    $"user not permitted to sign requests with signerName \"{signer}\"");
        }
    }

    private static bool Signs(JsonObject? old, JsonObject? next) =>
        old.Text("certificate") != next.Text("certificate") || HasFailed(old) != HasFailed(next);

    private static bool HasFailed(JsonObject? status) =>
        status.Objects("conditions").Any(condition => condition.Text("type") == "Failed");

    /// <summary>For the signer itself, or for all of its domain.</summary>
    private bool May(string verb, UserInfo user, string signer) =>
        authorizer.Allows(user, AccessRequest.OfResource(verb, Group, "signers", "", signer))
        || authorizer.Allows(
            user, AccessRequest.OfResource(verb, Group, "signers", "", $"{signer.Split('/')[0]}/*"));

    /// <summary>None when the request cannot be read; validation then says so.</summary>
    private static List<string> Organizations(string base64)
    {
        var names = new List<string>();
        try
        {
            var pem = Encoding.ASCII.GetString(Convert.FromBase64String(base64));
            var request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256,
                CertificateRequestLoadOptions.SkipSignatureValidation);
            foreach (var part in request.SubjectName.EnumerateRelativeDistinguishedNames())
            {
                if (!part.HasMultipleElements && part.GetSingleElementType().Value == Organization)
                {
                    names.Add(part.GetSingleElementValue() ?? "");
                }
            }
        }
        catch (Exception fault) when (fault is FormatException or CryptographicException or ArgumentException)
        {
            names.Clear();
        }

        return names;
    }

    private static StatusException Refuse(ApiRequest request, string name, string why) =>
        Errors.Forbidden(request.Schema, name, why);
}
