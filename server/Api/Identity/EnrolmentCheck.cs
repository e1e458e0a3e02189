using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Identity;

/// <summary>Writes into a certificate request who asked for it, and holds a bootstrap token to one key.</summary>
internal sealed class EnrolmentCheck(Objects objects, BootstrapTokens tokens)
{
    /// <summary>Of one requester, undecided; a device needs one, and a second while its answer is lost.</summary>
    private const int OpenMax = 4;

    /// <summary>Of one requester, also decided ones, which are kept for an hour.</summary>
    private const int KeptMax = 16;

    /// <summary>Requests are decided within a second, and decided ones go after an hour.</summary>
    private const int RetryAfterSeconds = 60;

    /// <summary>Metadata that only the name's owner has use for; a device could fill the store with it.</summary>
    private static readonly string[] s_notDevices = ["labels", "annotations", "finalizers", "ownerReferences"];

    /// <exception cref="StatusException">
    /// 401: the token was used up for another key. 429: too many requests of this caller are there.
    /// </exception>
    public void Prepare(UserInfo user, JsonObject request)
    {
        if (user.IsDevice)
        {
            CheckCount(user);
            foreach (var field in s_notDevices)
            {
                request.Ensure("metadata").Remove(field);
            }
        }

        var spec = request.Ensure("spec");
        spec["username"] = user.Name;
        spec["groups"] = new JsonArray([.. user.Groups.Select(group => JsonValue.Create(group))]);
        spec.Remove("uid");
        spec.Remove("extra");
        if (user.Uid.Length > 0)
        {
            spec["uid"] = user.Uid;
        }

        if (user.Extra.Count > 0)
        {
            spec["extra"] = UserJson.Extra(user);
        }

        if (tokens.NodeOf(user) is { } name && objects.Get(Resources.Nodes, null, name) is var node
            && !Reenrolment.IsAllowed(node) && KeyOf(spec.Text("request")) is var key && key != NodeKey.Of(node))
        {
            throw Errors.Unauthorized($"TokenUsed: the bootstrap token was used to enrol node \"{name}\""
                + (node is null ? "" : $"; {Reenrolment.Hint(name)}"));
        }
    }

    private void CheckCount(UserInfo user)
    {
        var own = objects.List(Resources.CertificateSigningRequests)
            .Where(request => request.Spec.Username == user.Name).ToList();
        if (own.Count >= KeptMax || own.Count(IsOpen) >= OpenMax)
        {
            throw Errors.TooManyRequests(
                $"User \"{user.Name}\" has too many certificate requests: at most {OpenMax} may be open, and {KeptMax} "
                + "kept", RetryAfterSeconds);
        }
    }

    private static bool IsOpen(CertificateSigningRequest request) =>
        request.Status?.Certificate is not { Length: > 0 }
        && request.Status?.Conditions?.Any(condition => condition.Type is "Denied" or "Failed") != true;

    /// <summary>Empty when the request cannot be read; validation then says so.</summary>
    private static string KeyOf(string base64)
    {
        try
        {
            var pem = Encoding.ASCII.GetString(Convert.FromBase64String(base64));
            var request = CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256);
            return Convert.ToHexStringLower(SHA256.HashData(request.PublicKey.ExportSubjectPublicKeyInfo()));
        }
        catch (Exception fault) when (fault is FormatException or CryptographicException or ArgumentException)
        {
            return "";
        }
    }
}
