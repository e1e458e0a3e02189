using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Who manages a Job: a path below a domain.</summary>
internal static class ManagedByRules
{
    private const int MaxLength = 63;
    private const string PathLetters = "/-._~%!$&'()*+,;=:";

    public static void Check(JsonNode? value, string path, FieldErrors errors)
    {
        if (JsonTree.AsText(value) is not { } text)
        {
            return;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (text.Length == 0)
        {
            errors.Required(path);
        }
        else if (slash <= 0 || slash == text.Length - 1)
        {
            errors.Invalid(path, value, "must be a domain-prefixed path (such as \"acme.io/foo\")");
        }
        else
        {
            var (host, rest) = (text[..slash], text[(slash + 1)..]);
            errors.InvalidAll(path, host, Names.Subdomain(host));
            if (!rest.All(letter => char.IsAsciiLetterOrDigit(letter) || PathLetters.Contains(letter)))
            {
                errors.Invalid(path, rest,
                    @"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')");
            }
        }

        if (text.Length > MaxLength)
        {
            errors.TooLong(path, MaxLength);
        }
    }
}
