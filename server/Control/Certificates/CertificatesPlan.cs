using System.Globalization;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Access;

namespace Edge.Server.Control.Certificates;

/// <summary>What is to become of a certificate request.</summary>
internal abstract record CertificateStep
{
    private CertificateStep()
    {
    }

    /// <summary>Nothing now; look again after the time, or never.</summary>
    internal sealed record Wait(TimeSpan? Again) : CertificateStep;

    /// <summary>The request has done its work, or nobody decided about it for too long.</summary>
    internal sealed record Delete : CertificateStep;

    internal sealed record Deny(string Reason, string Message) : CertificateStep;

    /// <summary>It was approved, but cannot be signed.</summary>
    internal sealed record Fail(string Reason, string Message) : CertificateStep;

    /// <summary>
    /// Sign it; make or update the node; mark the token as used by it; deny the key that it takes the place of.
    /// </summary>
    internal sealed record Sign(NodeRequest Request, bool AlreadyApproved, string? TokenId, string? Replaces = null)
        : CertificateStep;

    /// <summary>Sign what somebody approved for a client of the API; never by the CA of the nodes.</summary>
    internal sealed record SignClient(ClientRequest Request, DateTimeOffset From, DateTimeOffset Until)
        : CertificateStep;
}

/// <summary>What a decision about a request looks up.</summary>
/// <param name="Node">Finds a node by name.</param>
/// <param name="Token">Finds a bootstrap token's Secret by the token's id.</param>
/// <param name="Denied">Who may not speak.</param>
internal sealed record CertificateFacts(
    Func<string, Node?> Node, Func<string, Secret?> Token, DeniedNodes Denied);

/// <summary>Decides about certificate requests of nodes, and of the API's clients. Pure.</summary>
internal static class CertificatesPlan
{
    public const string Signer = "kubernetes.io/kube-apiserver-client-kubelet";
    public const string ClientSigner = "kubernetes.io/kube-apiserver-client";
    public const string UsedByAnnotation = "edge/used-by";

    /// <summary>Reasons of ours that a person can take away.</summary>
    private static readonly string[] s_passing =
        ["NodeNameTaken", "TokenUsed", "NodeDenied", "KeyDenied", "DenyListFull"];

    /// <summary>Kubernetes' own times.</summary>
    private static readonly TimeSpan KeepDecided = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeepPending = TimeSpan.FromHours(24);

    /// <summary>Kubernetes' own: the longest life of a client's certificate, and of one that does not ask.</summary>
    private static readonly TimeSpan ClientLife = TimeSpan.FromDays(365);

    /// <summary>A certificate is good this long before it is made, for clients whose clocks are behind.</summary>
    private static readonly TimeSpan Backdate = TimeSpan.FromMinutes(5);

    /// <summary>A life shorter than this one is not cut by what it is backdated.</summary>
    private static readonly TimeSpan ShortLife = TimeSpan.FromHours(8);

    /// <param name="csr">The request.</param>
    /// <param name="facts">What else is true.</param>
    /// <param name="now">The time.</param>
    public static CertificateStep Decide(
        CertificateSigningRequest csr, CertificateFacts facts, DateTimeOffset now)
    {
        var denied = Has(csr, "Denied") || Has(csr, "Failed");
        if (denied || csr.Status?.Certificate is { Length: > 0 })
        {
            return MayEnrolNow(csr, facts, now)
                ? new CertificateStep.Delete()
                : Keep(csr, KeepDecided, now);
        }

        return Open(csr, facts, now);
    }

    /// <summary>
    /// A device asks by the name of its key, so that a denied request is in its own way. What we denied goes as soon
    /// as its reason is gone, and the device's next try is a request like any other. What a person denied stays.
    /// </summary>
    private static bool MayEnrolNow(CertificateSigningRequest csr, CertificateFacts facts, DateTimeOffset now) =>
        csr.Status?.Conditions?.Any(condition =>
            condition.Type == "Denied" && s_passing.Contains(condition.Reason)) == true
        && Open(csr with { Status = null }, facts, now) is CertificateStep.Sign;

    private static CertificateStep Open(CertificateSigningRequest csr, CertificateFacts facts, DateTimeOffset now)
    {
        if (csr.Spec.SignerName == ClientSigner && Has(csr, "Approved"))
        {
            return Client(csr, now);
        }

        if (csr.Spec.SignerName != Signer)
        {
            return Keep(csr, KeepPending, now);
        }

        var (request, problem) = NodeRequest.Parse(csr.Spec.Request, csr.Spec.Usages ?? []);
        if (request is null)
        {
            return new CertificateStep.Deny("InvalidRequest", problem);
        }

        if (facts.Denied.Nodes.Contains(request.Node))
        {
            return new CertificateStep.Deny("NodeDenied", $"node \"{request.Node}\" is denied by the administrator");
        }

        if (facts.Denied.Keys.Contains(request.KeyHash))
        {
            return new CertificateStep.Deny(
                "KeyDenied", $"this key of node \"{request.Node}\" is denied by the administrator");
        }

        if (Has(csr, "Approved"))
        {
            return new CertificateStep.Sign(request, AlreadyApproved: true, TokenId: null);
        }

        // The groups are those that Kubernetes' roles let its approver approve for; a name alone proves nothing.
        var user = csr.Spec.Username ?? "";
        return user.StartsWith(UserInfo.BootstrapPrefix, StringComparison.Ordinal) && IsOf(csr, UserInfo.Bootstrappers)
            ? Enrol(request, user[UserInfo.BootstrapPrefix.Length..], facts, now)
            : user == request.User && IsOf(csr, UserInfo.Nodes) && facts.Node(request.Node) is not null
                ? new CertificateStep.Sign(request, AlreadyApproved: false, TokenId: null)
                : Keep(csr, KeepPending, now);
    }

    private static CertificateStep Client(CertificateSigningRequest csr, DateTimeOffset now)
    {
        var (request, problem) = ClientRequest.Parse(csr.Spec.Request, csr.Spec.Usages ?? []);
        if (request is null)
        {
            return new CertificateStep.Fail("SignerValidationFailure", problem);
        }

        var asked = csr.Spec.ExpirationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : ClientLife;
        var life = asked < ClientLife ? asked : ClientLife;
        return new CertificateStep.SignClient(
            request, now - Backdate, now + life - (life < ShortLife ? TimeSpan.Zero : Backdate));
    }

    private static CertificateStep Enrol(
        NodeRequest request, string tokenId, CertificateFacts facts, DateTimeOffset now)
    {
        if (facts.Token(tokenId) is not { } token)
        {
            return new CertificateStep.Deny("TokenUnknown", $"bootstrap token \"{tokenId}\" does not exist");
        }

        var node = facts.Node(request.Node);
        var nodeKey = NodeKey.Of(node);
        var usedBy = token.Metadata.Annotations?.GetValueOrDefault(UsedByAnnotation);

        // Its own token is good for a node again when it may enrol again: its settings outlived its disk.
        var mayReplace = nodeKey is not null && nodeKey != request.KeyHash && Reenrolment.IsAllowed(node);
        if (usedBy is not null && !(mayReplace && usedBy == request.Node))
        {
            // The same device asking again, because the answer did not reach it.
            return usedBy == request.Node && nodeKey == request.KeyHash
                ? new CertificateStep.Sign(request, AlreadyApproved: false, TokenId: null)
                : new CertificateStep.Deny(
                    "TokenUsed", $"bootstrap token \"{tokenId}\" was already used by node \"{usedBy}\"");
        }

        return IsExpired(token, now)
            ? new CertificateStep.Deny("TokenExpired", $"bootstrap token \"{tokenId}\" has expired")
            : nodeKey is null || nodeKey == request.KeyHash
                ? new CertificateStep.Sign(request, AlreadyApproved: false, tokenId)
            : mayReplace
                ? new CertificateStep.Sign(request, AlreadyApproved: false, tokenId, Replaces: nodeKey)
                : new CertificateStep.Deny("NodeNameTaken",
                    $"node \"{request.Node}\" is enrolled with another key; choose another name, delete the node, "
                    + $"or {Reenrolment.Hint(request.Node)}");
    }

    private static bool IsExpired(Secret token, DateTimeOffset now) =>
        token.Data?.GetValueOrDefault("expiration") is { } bytes
        && (!DateTimeOffset.TryParse(Encoding.UTF8.GetString(bytes), CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal, out var expiration)
            || expiration <= now);

    private static CertificateStep Keep(CertificateSigningRequest csr, TimeSpan time, DateTimeOffset now)
    {
        var end = (csr.Metadata.CreationTimestamp ?? now) + time;
        return end <= now ? new CertificateStep.Delete() : new CertificateStep.Wait(end - now);
    }

    private static bool IsOf(CertificateSigningRequest csr, string group) => csr.Spec.Groups?.Contains(group) == true;

    private static bool Has(CertificateSigningRequest csr, string type) =>
        csr.Status?.Conditions?.Any(condition => condition.Type == type) == true;
}
