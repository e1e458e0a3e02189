using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Store;

namespace Edge.Server.Api.Identity;

/// <summary>
/// Knows Kubernetes' bootstrap tokens: Secrets in kube-system that let a new device ask for its certificate.
/// </summary>
internal sealed partial class BootstrapTokens(Objects objects, TimeProvider time)
{
    /// <summary>Names the node that was enrolled with a token; the token is good for no other key.</summary>
    public const string UsedBy = "edge/used-by";

    private const string Namespace = "kube-system";
    private const string SecretType = "bootstrap.kubernetes.io/token";

    /// <summary>The user of a bearer token; null when it is none of ours.</summary>
    /// <exception cref="StatusException">401: the token is right, but expired.</exception>
    public UserInfo? Find(string token)
    {
        if (!TokenForm().IsMatch(token))
        {
            return null;
        }

        var id = token[..6];
        if (Read(id) is not { } secret
            || !IsSame(Value(secret, "token-secret"), token[7..])
            || Value(secret, "token-id") != id
            || Value(secret, "usage-bootstrap-authentication") != "true")
        {
            return null;
        }

        if (IsExpired(Value(secret, "expiration")))
        {
            throw Errors.Unauthorized($"the bootstrap token \"{id}\" has expired");
        }

        var extra = Value(secret, "auth-extra-groups").Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Where(group => group.StartsWith(UserInfo.Bootstrappers + ":", StringComparison.Ordinal));
        return UserInfo.Known(UserInfo.BootstrapPrefix + id, [UserInfo.Bootstrappers, .. extra]);
    }

    /// <summary>The node that this bootstrap user was used up for, or null.</summary>
    public string? NodeOf(UserInfo user) =>
        user.Name.StartsWith(UserInfo.BootstrapPrefix, StringComparison.Ordinal)
            ? Read(user.Name[UserInfo.BootstrapPrefix.Length..])?.Metadata.Annotations?.GetValueOrDefault(UsedBy)
            : null;

    private Secret? Read(string id) =>
        objects.Get(Resources.Secrets, Namespace, $"bootstrap-token-{id}") is { } secret && secret.Type == SecretType
            ? secret
            : null;

    /// <summary>An unreadable date counts as past, so that a typing error does not make a token eternal.</summary>
    private bool IsExpired(string expiration) => expiration.Length > 0
        && (!DateTimeOffset.TryParse(
                expiration, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end)
            || end <= time.GetUtcNow());

    private static string Value(Secret secret, string key) =>
        secret.Data?.GetValueOrDefault(key) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";

    private static bool IsSame(string expected, string given) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));

    [GeneratedRegex("^[a-z0-9]{6}\\.[a-z0-9]{16}$")]
    private static partial Regex TokenForm();
}
