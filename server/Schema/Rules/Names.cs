namespace Edge.Server.Schema.Rules;

/// <summary>Kubernetes' rules for names, labels and label keys, with its own messages.</summary>
internal static class Names
{
    public const int MaxLabel = 63;
    public const int MaxSubdomain = 253;

    private const string LabelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + @"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string WildcardRule =
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
        + "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. "
        + @"'*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*"
        + "[a-z0-9])?)*')";

    private const string OldLabelRule =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
        + "is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const string QualifiedRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string LabelValueRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    public static string TooLong(int max) => $"must be no more than {max} characters";

    public static IEnumerable<string> Label(string text)
    {
        if (text.Length > MaxLabel)
        {
            yield return TooLong(MaxLabel);
        }

        if (!IsLabel(text))
        {
            yield return LabelRule;
        }
    }

    public static IEnumerable<string> Subdomain(string text)
    {
        if (text.Length > MaxSubdomain)
        {
            yield return TooLong(MaxSubdomain);
        }

        if (!text.Split('.').All(IsLabel))
        {
            yield return SubdomainRule;
        }
    }

    /// <summary>A star, and the subdomain whose children are meant.</summary>
    public static IEnumerable<string> Wildcard(string text)
    {
        if (text.Length > MaxSubdomain)
        {
            yield return TooLong(MaxSubdomain);
        }

        if (!text.StartsWith("*.", StringComparison.Ordinal) || !text[2..].Split('.').All(IsLabel))
        {
            yield return WildcardRule;
        }
    }

    /// <summary>What becomes a part of a path.</summary>
    public static IEnumerable<string> PathSegment(string text)
    {
        if (text is "." or "..")
        {
            yield return $"may not be '{text}'";
        }

        foreach (var letter in "/%".Where(letter => text.Contains(letter)))
        {
            yield return $"may not contain '{letter}'";
        }
    }

    /// <summary>A label of the older standard, which begins with a letter.</summary>
    public static IEnumerable<string> OldLabel(string text)
    {
        if (text.Length > MaxLabel)
        {
            yield return TooLong(MaxLabel);
        }

        if (!IsLabel(text) || !char.IsAsciiLetterLower(text[0]))
        {
            yield return OldLabelRule;
        }
    }

    /// <summary>A label key: an optional DNS prefix, a slash, and a name.</summary>
    public static IEnumerable<string> Qualified(string text)
    {
        var parts = text.Split('/');
        var name = parts[^1];
        if (parts.Length > 2)
        {
            yield return "a qualified name " + QualifiedRule
                + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            yield break;
        }

        if (parts.Length == 2)
        {
            foreach (var fault in parts[0].Length == 0 ? ["must be non-empty"] : Subdomain(parts[0]))
            {
                yield return $"prefix part {fault}";
            }
        }

        if (name.Length == 0)
        {
            yield return "name part must be non-empty";
        }
        else if (name.Length > MaxLabel)
        {
            yield return $"name part {TooLong(MaxLabel)}";
        }

        if (!IsWord(name))
        {
            yield return $"name part {QualifiedRule}";
        }
    }

    public static IEnumerable<string> LabelValue(string text)
    {
        if (text.Length > MaxLabel)
        {
            yield return TooLong(MaxLabel);
        }

        if (text.Length > 0 && !IsWord(text))
        {
            yield return LabelValueRule;
        }
    }

    private static bool IsLabel(string text) => text.Length > 0 && IsLowerOrDigit(text[0]) && IsLowerOrDigit(text[^1])
        && text.All(letter => IsLowerOrDigit(letter) || letter == '-');

    private static bool IsWord(string text) => text.Length > 0
        && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static bool IsLowerOrDigit(char letter) => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter);
}
