using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>IP addresses, their ranges and port numbers, with Kubernetes' texts.</summary>
internal static class AddressRules
{
    private const int MaxPort = 65535;

    public static void Port(long number, string path, FieldErrors errors)
    {
        if (number is < 1 or > MaxPort)
        {
            errors.Invalid(path, number, "must be between 1 and 65535, inclusive");
        }
    }

    /// <summary>An address that other machines can reach.</summary>
    public static void Reachable(string text, string path, FieldErrors errors)
    {
        if (Parse(text) is not { } address)
        {
            errors.Invalid(path, text, "must be a valid IP address");
            return;
        }

        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            errors.Invalid(path, text, $"may not be unspecified ({text})");
        }

        if (IPAddress.IsLoopback(address))
        {
            errors.Invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
        }

        var bytes = address.GetAddressBytes();
        if (address.IsIPv6LinkLocal || bytes is [169, 254, _, _])
        {
            errors.Invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        }

        if (bytes is [224, 0, 0, _] or [0xff, 0x02, ..])
        {
            errors.Invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
        }
    }

    public static bool IsOfFamily(string text, AddressFamily family) => Parse(text)?.AddressFamily == family;

    /// <summary>
    /// Null for what Kubernetes' sloppy parser does not take either: parts that are missing, a zone, a port. The four
    /// parts of an IPv4 address are decimal, also with leading zeros, which elsewhere mean octal.
    /// </summary>
    public static IPAddress? Parse(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return text.AsSpan().IndexOfAny('%', '[', ']') < 0 && IPAddress.TryParse(text, out var address)
                ? address
                : null;
        }

        if (text.Split('.') is not { Length: 4 } parts)
        {
            return null;
        }

        var bytes = new byte[parts.Length];
        for (var at = 0; at < parts.Length; at++)
        {
            if (!byte.TryParse(parts[at], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[at]))
            {
                return null;
            }
        }

        return new IPAddress(bytes);
    }

    /// <summary>A range and ranges within it (networking/v1 IPBlock).</summary>
    public static void Block(JsonObject block, string path, FieldErrors errors)
    {
        var text = block.Text("cidr");
        if (text.Length == 0)
        {
            errors.Required($"{path}.cidr");
            return;
        }

        var whole = Range(text, $"{path}.cidr", errors);
        var except = block.Items("except");
        for (var at = 0; at < except.Count; at++)
        {
            var inner = $"{path}.except[{at}]";
            var part = Range(JsonTree.AsText(except[at]) ?? "", inner, errors);
            if (whole is { } outer && part is { } cut
                && (!outer.Contains(cut.BaseAddress) || outer.PrefixLength >= cut.PrefixLength))
            {
                errors.Invalid(inner, except[at], "must be a strict subset of `cidr`");
            }
        }
    }

    /// <summary>Null and a cause for a text that is no range.</summary>
    public static IPNetwork? Range(string text, string path, FieldErrors errors)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && Parse(text[..slash]) is { } address
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= address.GetAddressBytes().Length * 8)
        {
            return new IPNetwork(Masked(address, length), length);
        }

        errors.Invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        return null;
    }

    private static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }
}
