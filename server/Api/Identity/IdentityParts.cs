using Edge.Server.Access;
using Edge.Server.Api.Tokens;
using Edge.Server.Store;

namespace Edge.Server.Api.Identity;

/// <summary>What finds out who asks and whether they may, and what makes and explains tokens.</summary>
internal sealed record IdentityParts(
    Authenticator Authenticator, Authorizer Authorizer, BootstrapTokens BootstrapTokens, TokenSigner Signer)
{
    /// <summary>Who issues tokens, and for whom they are meant when they do not say; Kubernetes' own default.</summary>
    public const string Issuer = "https://kubernetes.default.svc.cluster.local";

    public static IdentityParts Make(ApiSettings settings, Objects objects, RoleIndex roles, TimeProvider time)
    {
        var signer = new TokenSigner(settings.TokenKey);
        var bootstrap = new BootstrapTokens(objects, time);
        var authenticator = new Authenticator(
            new CertificateUsers(settings.ApiCa, settings.NodeCa, time), bootstrap,
            new ServiceAccountTokens(signer, objects.Store, Issuer, time), settings.Denied);
        return new IdentityParts(authenticator, new Authorizer(roles), bootstrap, signer);
    }
}
