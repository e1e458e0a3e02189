using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>CertificateSigningRequest: a readable request, a signer and usages, and no change afterwards.</summary>
internal static class CsrRules
{
    public static void Check(JsonObject request, JsonObject? old, FieldErrors errors)
    {
        var spec = request.Object("spec");
        if (old is not null)
        {
            if (!JsonTree.Same(spec, old.Object("spec")))
            {
                errors.Forbidden("spec", "field is immutable");
            }

            return;
        }

        var text = spec.Text("request");
        if (text.Length > 0 && !IsPemRequest(text))
        {
            errors.Invalid("spec.request", text, "PEM block type must be CERTIFICATE REQUEST");
        }

        if (spec.Items("usages").Count == 0)
        {
            errors.Required("spec.usages");
        }

        var signer = spec.Text("signerName");
        if (signer.Length > 0 && signer.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
        {
            errors.Invalid("spec.signerName", signer, "must be a fully qualified domain and path of the form "
                + "'example.com/signer-name'");
        }
    }

    private static bool IsPemRequest(string base64)
    {
        var pem = Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        return PemEncoding.TryFind(pem, out var fields) && pem[fields.Label] == "CERTIFICATE REQUEST";
    }
}
