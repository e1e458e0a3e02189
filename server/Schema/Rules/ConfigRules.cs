using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>ConfigMap and Secret: keys, size, types and immutability.</summary>
internal static class ConfigRules
{
    /// <summary>All values of one object together, as upstream.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The keys that a secret of a well-known type must hold.</summary>
    private static readonly Dictionary<string, string[]> _requiredKeys = new(StringComparer.Ordinal)
    {
        ["kubernetes.io/dockercfg"] = [".dockercfg"],
        ["kubernetes.io/dockerconfigjson"] = [".dockerconfigjson"],
        ["kubernetes.io/ssh-auth"] = ["ssh-privatekey"],
        ["kubernetes.io/tls"] = ["tls.crt", "tls.key"],
    };

    public static void Check(string kind, JsonObject obj, JsonObject? old, FieldErrors errors)
    {
        var size = 0L;
        foreach (var map in (string[])["data", "binaryData"])
        {
            if (obj.Object(map) is not { } values)
            {
                continue;
            }

            foreach (var (key, value) in values)
            {
                errors.InvalidAll($"{map}[{key}]", key, FieldFormats.ConfigKey(key));
                var text = JsonTree.AsText(value) ?? "";
                size += kind == "Secret" || map == "binaryData"
                    ? text.Length / 4L * 3 : Encoding.UTF8.GetByteCount(text);
                if (map == "binaryData" && obj.Object("data")?.ContainsKey(key) == true)
                {
                    errors.Invalid($"data[{key}]", key, "duplicate of key present in binaryData");
                }
            }
        }

        if (size > MaxBytes)
        {
            errors.TooLong("data", MaxBytes);
        }

        if (kind == "Secret")
        {
            SecretType(obj, old, errors);
        }

        if (old.Flag("immutable"))
        {
            Immutable(obj, old!, errors);
        }
    }

    private static void Immutable(JsonObject obj, JsonObject old, FieldErrors errors)
    {
        const string detail = "field is immutable when `immutable` is set";
        if (!obj.Flag("immutable"))
        {
            errors.Forbidden("immutable", detail);
        }

        foreach (var map in (string[])["data", "binaryData"])
        {
            if (!JsonTree.Same(obj.Object(map) ?? [], old.Object(map) ?? []))
            {
                errors.Forbidden(map, detail);
            }
        }
    }

    private static void SecretType(JsonObject secret, JsonObject? old, FieldErrors errors)
    {
        var type = secret.Text("type");
        if (old is not null && type != old.Text("type"))
        {
            errors.Invalid("type", type, "field is immutable");
        }

        var data = secret.Object("data");
        foreach (var key in _requiredKeys.GetValueOrDefault(type, []).Where(key => data?.ContainsKey(key) != true))
        {
            errors.Required($"data[{key}]");
        }

        foreach (var key in _requiredKeys.GetValueOrDefault(type, []).Where(key => key[0] == '.'))
        {
            if (data.Text(key) is { Length: > 0 } text && !IsJson(text))
            {
                errors.Invalid($"data[{key}]", "<secret contents redacted>", "invalid character in JSON");
            }
        }

        if (type == "kubernetes.io/service-account-token"
            && secret.Object("metadata").Object("annotations").Text("kubernetes.io/service-account.name").Length == 0)
        {
            errors.Required("metadata.annotations[kubernetes.io/service-account.name]");
        }

        if (type == "kubernetes.io/basic-auth" && data?.ContainsKey("username") != true
            && data?.ContainsKey("password") != true)
        {
            errors.Required("data[username]");
            errors.Required("data[password]");
        }
    }

    private static bool IsJson(string base64)
    {
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(base64));
            return true;
        }
        catch (Exception fault) when (fault is JsonException or FormatException)
        {
            return false;
        }
    }
}
