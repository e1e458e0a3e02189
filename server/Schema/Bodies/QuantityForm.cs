using System.Globalization;

namespace Edge.Server.Schema.Bodies;

/// <summary>
/// The one spelling that Kubernetes keeps of an amount (apimachinery resource.Quantity): no fractions, the coarsest
/// unit that is exact, binary units only where they were written and the amount is 1024 at least.
/// </summary>
internal static class QuantityForm
{
    private static readonly string[] s_decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    private static readonly string[] s_binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    /// <param name="text">As it was written; decides the units.</param>
    /// <param name="value">What it amounts to.</param>
    public static string Canonical(string text, decimal value)
    {
        if (value == 0)
        {
            return "0";
        }

        if (text.EndsWith('i') && (value <= -1024 || value >= 1024) && decimal.IsInteger(value))
        {
            return Binary(value);
        }

        return Decimal(value, exponents: text.AsSpan(1).IndexOfAny('e', 'E') >= 0 && text[^1] is not ('E' or 'i'));
    }

    private static string Binary(decimal value)
    {
        var unit = 0;
        while (unit < s_binary.Length - 1 && decimal.IsInteger(value / 1024))
        {
            value /= 1024;
            unit++;
        }

        return Digits(value) + s_binary[unit];
    }

    private static string Decimal(decimal value, bool exponents)
    {
        // Finer than a billionth is rounded up, away from zero.
        const decimal finest = 1_000_000_000m;
        value = value > decimal.MaxValue / finest || value < decimal.MinValue / finest
            ? value
            : (value > 0 ? decimal.Ceiling(value * finest) : decimal.Floor(value * finest)) / finest;
        var unit = 3;
        while (unit > 0 && !decimal.IsInteger(value))
        {
            value *= 1000;
            unit--;
        }

        while (unit < s_decimal.Length - 1 && decimal.IsInteger(value / 1000))
        {
            value /= 1000;
            unit++;
        }

        var power = (unit - 3) * 3;
        return Digits(value) + (!exponents ? s_decimal[unit] : power == 0 ? "" : $"e{power}");
    }

    private static string Digits(decimal value) => value.ToString("0", CultureInfo.InvariantCulture);
}
