using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>The named text checks of descriptions (flag <c>format=</c>); each message is Kubernetes' own.</summary>
internal static class FieldFormats
{
    public static IEnumerable<string> Check(string format, string text) => format switch
    {
        "label" => Names.Label(text),
        "subdomain" => Names.Subdomain(text),
        "qualified" => Names.Qualified(text),
        "labelValue" => Names.LabelValue(text),
        "portName" => PortName(text),
        "envName" => EnvName(text),
        "configKey" => ConfigKey(text),
        "localPath" => LocalPath(text),
        "positive" => Quantity.TryParse(text, out var amount) && amount <= Quantity.Zero ? ["must be positive"] : [],
        "ip" => AddressRules.Parse(text) is not null
            ? [] : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"],
        _ => throw new InvalidOperationException($"no format is named {format}"),
    };

    public static IEnumerable<string> ConfigKey(string text)
    {
        if (text.Length > Names.MaxSubdomain)
        {
            yield return Names.TooLong(Names.MaxSubdomain);
        }

        if (text.Length == 0 || !text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
        {
            yield return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                + "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        }

        if (text == ".")
        {
            yield return "must not be '.'";
        }

        if (text.StartsWith("..", StringComparison.Ordinal))
        {
            yield return text == ".." ? "must not be '..'" : "must not start with '..'";
        }
    }

    /// <summary>An IANA service name: the name of a port.</summary>
    public static IEnumerable<string> PortName(string text)
    {
        const int max = 15;
        if (text.Length > max)
        {
            yield return Names.TooLong(max);
        }

        if (!text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
        {
            yield return "must contain only alphanumeric characters (a-z, 0-9), and hyphens (-)";
        }

        if (!text.Any(char.IsAsciiLetterLower))
        {
            yield return "must contain at least one letter (a-z)";
        }

        if (text.Contains("--", StringComparison.Ordinal))
        {
            yield return "must not contain consecutive hyphens";
        }

        if (text.StartsWith('-') || text.EndsWith('-'))
        {
            yield return "must not begin or end with a hyphen";
        }
    }

    private static IEnumerable<string> EnvName(string text)
    {
        if (text.Any(letter => letter is < ' ' or > '~' or '='))
        {
            yield return "a valid environment variable name must consist only of printable ASCII characters other "
                + "than '='";
        }
    }

    private static IEnumerable<string> LocalPath(string text)
    {
        if (text.StartsWith('/'))
        {
            yield return "must be a relative path";
        }

        if (text.Split('/').Contains(".."))
        {
            yield return "must not contain '..'";
        }
    }
}
