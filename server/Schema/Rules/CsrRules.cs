using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>CertificateSigningRequest: a readable request, a signer and usages, and no change afterwards.</summary>
internal static class CsrRules
{
    private static readonly string[] s_final = ["Approved", "Denied", "Failed"];

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

    /// <summary>
    /// What was decided stands: Approved and Denied exclude each other, are true and are never taken back.
    /// </summary>
    public static void CheckConditions(JsonObject request, JsonObject old, FieldErrors errors)
    {
        const string path = "status.conditions";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var at = 0;
        foreach (var condition in request.Object("status").Objects("conditions"))
        {
            var (type, status) = (condition.Text("type"), condition.Text("status"));
            if (type.Length == 0)
            {
                errors.Required($"{path}[{at}].type");
            }

            if (s_final.Contains(type) && status != "True")
            {
                errors.NotSupportedInOrder($"{path}[{at}].status", status, ["True"]);
            }

            if (!seen.Add(type))
            {
                errors.Duplicate($"{path}[{at}].type", type);
            }

            at++;
        }

        if (seen.Contains("Approved") && seen.Contains("Denied"))
        {
            errors.InvalidWhole(path, "Approved and Denied conditions are mutually exclusive");
        }

        foreach (var condition in old.Object("status").Objects("conditions"))
        {
            if (condition.Text("type") is var type && s_final.Contains(type) && !seen.Contains(type))
            {
                errors.Forbidden(path, $"updates may not remove a condition of type \"{type}\"");
            }
        }
    }

    private static bool IsPemRequest(string base64)
    {
        var pem = Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        return PemEncoding.TryFind(pem, out var fields) && pem[fields.Label] == "CERTIFICATE REQUEST";
    }
}
