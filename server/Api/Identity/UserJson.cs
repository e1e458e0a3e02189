using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Schema;

namespace Edge.Server.Api.Identity;

/// <summary>A user as answers show it (authentication/v1 UserInfo), and as reviews name one.</summary>
internal static class UserJson
{
    public static JsonObject Of(UserInfo user)
    {
        var json = new JsonObject { ["username"] = user.Name };
        if (user.Uid.Length > 0)
        {
            json["uid"] = user.Uid;
        }

        json["groups"] = Texts(user.Groups);
        if (user.Extra.Count > 0)
        {
            json["extra"] = Extra(user);
        }

        return json;
    }

    public static JsonObject Extra(UserInfo user)
    {
        var extra = new JsonObject();
        foreach (var (key, values) in user.Extra)
        {
            extra[key] = Texts(values);
        }

        return extra;
    }

    /// <summary>The user that a SubjectAccessReview asks about: no group is added to those it names.</summary>
    public static UserInfo Read(JsonObject spec) => new(spec.Text("user"), Texts(spec.Items("groups")))
    {
        Uid = spec.Text("uid"),
        Extra = (spec.Object("extra") ?? []).ToDictionary(
            pair => pair.Key, pair => Texts(pair.Value as JsonArray ?? [])),
    };

    public static JsonArray Texts(IReadOnlyList<string> texts) =>
        new([.. texts.Select(text => JsonValue.Create(text))]);

    public static IReadOnlyList<string> Texts(IList<JsonNode?> items) =>
        [.. items.Select(item => JsonTree.AsText(item) ?? "")];
}
