using Edge.Server.Access;
using Edge.Server.Store;

namespace Edge.Server.Api.Tokens;

/// <summary>Whose a token is, for which of the audiences asked about; or why it is nobody's.</summary>
internal sealed record TokenFinding(UserInfo? User, IReadOnlyList<string> Audiences, string Problem);

/// <summary>
/// Knows the tokens of service accounts. A token is good while its time lasts and what it names is there: the account,
/// and the pod, Secret or node that it is bound to. That is looked up at each request, so that deleting any of them
/// counts at once.
/// </summary>
internal sealed class ServiceAccountTokens(TokenSigner signer, ObjectStore store, string issuer, TimeProvider time)
{
    public string Issuer => issuer;

    /// <summary>Null when no token of ours has these letters.</summary>
    /// <param name="token">The token.</param>
    /// <param name="audiences">Whoever asks; the token must be meant for one of them.</param>
    public TokenFinding? Find(string token, IReadOnlyList<string> audiences)
    {
        if (signer.Read(token) is not { } claims || claims.Issuer != issuer)
        {
            return null;
        }

        var meant = claims.Audiences.Where(audiences.Contains).ToList();
        var problem = meant.Count == 0 ? $"token audiences {PolicyRule.Quoted(claims.Audiences)} is invalid for the "
                + $"target audiences {PolicyRule.Quoted(audiences)}"
            : Problem(claims);
        return problem.Length > 0 ? new TokenFinding(null, [], problem) : new TokenFinding(claims.User, meant, "");
    }

    private string Problem(TokenClaims claims)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        if (now >= claims.Expires)
        {
            return "service account token has expired";
        }

        if (now < claims.IssuedAt)
        {
            return "service account token is not valid yet";
        }

        if (!Is("serviceaccounts", claims.Namespace, claims.Account))
        {
            return "service account token is of an account that is gone";
        }

        // The node of a pod's token tells where the pod is; alone it is what the token is bound to.
        return (claims.Pod is { } pod && !Is("pods", claims.Namespace, pod))
            || (claims.Secret is { } secret && !Is("secrets", claims.Namespace, secret))
            || (claims is { Pod: null, Node: { } node } && !Is("nodes", null, node))
            ? "service account token has been invalidated"
            : "";
    }

    private bool Is(string resource, string? ns, TokenObject named) =>
        store.Get(StoreKeys.For("", resource, ns, named.Name)) is { } stored
        && ObjectHead.TryRead(stored)?.Uid == named.Uid;
}
