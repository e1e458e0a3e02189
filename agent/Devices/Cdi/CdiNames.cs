namespace Edge.Agent.Devices.Cdi;

/// <summary>How kinds and devices may be called (CDI SPEC.md, "kind" and "name").</summary>
internal static class CdiNames
{
    public static bool IsVendor(ReadOnlySpan<char> text) => IsName(text, letterFirst: true, "_-.");

    public static bool IsClass(ReadOnlySpan<char> text) => IsName(text, letterFirst: true, "_-.");

    public static bool IsDevice(ReadOnlySpan<char> text) => IsName(text, letterFirst: false, "_-.:");

    /// <summary>Whether a text is <c>vendor/class=name</c>.</summary>
    public static bool IsQualified(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return slash > 0 && equals > slash
            && IsVendor(text.AsSpan(0, slash))
            && IsClass(text.AsSpan(slash + 1, equals - slash - 1))
            && IsDevice(text.AsSpan(equals + 1));
    }

    private static bool IsName(ReadOnlySpan<char> text, bool letterFirst, string inside)
    {
        if (text.Length == 0 || !char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1])
            || (letterFirst && !char.IsAsciiLetter(text[0])))
        {
            return false;
        }

        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && !inside.Contains(letter, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
