using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Schema;

namespace Edge.Server.Api.Tokens;

/// <summary>An object that a token names: which one, and which life of it.</summary>
internal sealed record TokenObject(string Name, string Uid);

/// <summary>What a service account's token says, in the claims that Kubernetes writes.</summary>
internal sealed record TokenClaims
{
    private const string Private = "kubernetes.io";
    private const string ExtraPrefix = "authentication.kubernetes.io/";

    public required string Issuer { get; init; }

    public required string Id { get; init; }

    public required IReadOnlyList<string> Audiences { get; init; }

    public required long IssuedAt { get; init; }

    public required long Expires { get; init; }

    public required string Namespace { get; init; }

    public required TokenObject Account { get; init; }

    /// <summary>The token is good only as long as this pod is there.</summary>
    public TokenObject? Pod { get; init; }

    /// <summary>The pod's node; or, without a pod, what the token is bound to.</summary>
    public TokenObject? Node { get; init; }

    /// <summary>The token is good only as long as this Secret is there.</summary>
    public TokenObject? Secret { get; init; }

    /// <summary>Whom it speaks for; made once, as tokens come again.</summary>
    public UserInfo User => field ??= MakeUser();

    public JsonObject ToJson()
    {
        var own = new JsonObject { ["namespace"] = Namespace };
        Add("node", Node);
        Add("pod", Pod);
        Add("secret", Secret);
        Add("serviceaccount", Account);
        return new JsonObject
        {
            ["aud"] = new JsonArray([.. Audiences.Select(audience => JsonValue.Create(audience))]),
            ["exp"] = Expires,
            ["iat"] = IssuedAt,
            ["iss"] = Issuer,
            ["jti"] = Id,
            [Private] = own,
            ["nbf"] = IssuedAt,
            ["sub"] = UserInfo.ServiceAccountName(Namespace, Account.Name),
        };

        void Add(string name, TokenObject? named)
        {
            if (named is not null)
            {
                own[name] = new JsonObject { ["name"] = named.Name, ["uid"] = named.Uid };
            }
        }
    }

    /// <summary>Null when a claim is missing, or the subject is not the account.</summary>
    public static TokenClaims? Read(JsonObject json)
    {
        var own = json.Object(Private);
        var ns = own.Text("namespace");
        return json.Number("exp") is { } expires && json.Number("iat") is { } issued
            && Named(own, "serviceaccount") is { } account
            && json.Text("sub") == UserInfo.ServiceAccountName(ns, account.Name)
            ? new TokenClaims
            {
                Issuer = json.Text("iss"),
                Id = json.Text("jti"),
                Audiences = [.. json.Items("aud").Select(item => JsonTree.AsText(item) ?? "")],
                IssuedAt = issued,
                Expires = expires,
                Namespace = ns,
                Account = account,
                Pod = Named(own, "pod"),
                Node = Named(own, "node"),
                Secret = Named(own, "secret"),
            }
            : null;
    }

    private UserInfo MakeUser()
    {
        var extra = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            [ExtraPrefix + "credential-id"] = [$"JTI={Id}"],
        };
        Add("pod", Pod);
        Add("node", Node);
        var name = UserInfo.ServiceAccountName(Namespace, Account.Name);
        return UserInfo.Known(name, UserInfo.ServiceAccountGroups(Namespace)) with { Uid = Account.Uid, Extra = extra };

        void Add(string kind, TokenObject? named)
        {
            if (named is not null)
            {
                extra[$"{ExtraPrefix}{kind}-name"] = [named.Name];
                extra[$"{ExtraPrefix}{kind}-uid"] = [named.Uid];
            }
        }
    }

    private static TokenObject? Named(JsonObject? own, string name) =>
        own.Object(name) is { } named ? new TokenObject(named.Text("name"), named.Text("uid")) : null;
}
