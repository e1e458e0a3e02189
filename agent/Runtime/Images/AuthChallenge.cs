using System.Text.RegularExpressions;

namespace Edge.Agent.Runtime.Images;

/// <summary>One WWW-Authenticate header: the scheme in lower case and its parameters.</summary>
internal sealed partial record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public static AuthChallenge Parse(string header)
    {
        var space = header.IndexOf(' ', StringComparison.Ordinal);
        var scheme = space < 0 ? header : header[..space];
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (Match match in Parameter().Matches(space < 0 ? "" : header[space..]))
        {
            parameters[match.Groups[1].Value] = match.Groups[2].Success
                ? match.Groups[2].Value.Replace("\\\"", "\"", StringComparison.Ordinal)
                : match.Groups[3].Value;
        }

        return new AuthChallenge(scheme.Trim().ToLowerInvariant(), parameters);
    }

    [GeneratedRegex("""([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))""")]
    private static partial Regex Parameter();
}
