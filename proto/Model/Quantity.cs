using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Proto.Model;

/// <summary>
/// A Kubernetes quantity such as <c>100m</c>, <c>1.5Gi</c> or <c>2e3</c> (apimachinery resource.Quantity). Keeps the
/// text it was read from, so that an object travels unchanged; compares by value. As upstream, no value is larger than
/// 2^63-1 in magnitude: what is written larger counts as that, so that no arithmetic here overflows.
/// </summary>
[JsonConverter(typeof(QuantityJson))]
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    private readonly string? _text;

    private const decimal Most = long.MaxValue;

    private Quantity(decimal value, string? text) => (Value, _text) = (Math.Clamp(value, -Most, Most), text);

    public static Quantity Zero { get; } = new(0, "0");

    /// <summary>The amount in the resource's base unit: cores, bytes or a count.</summary>
    public decimal Value { get; }

    /// <summary>The amount in thousandths of the base unit, rounded up as Kubernetes' MilliValue.</summary>
    public long MilliValue => ToLong(Value * 1000);

    /// <summary>The amount in whole base units, rounded up as Kubernetes' Value.</summary>
    public long Units => ToLong(Value);

    public static Quantity FromMilli(long milli) =>
        milli % 1000 == 0
            ? new(milli / 1000, (milli / 1000).ToString(CultureInfo.InvariantCulture))
            : new(milli / 1000m, milli.ToString(CultureInfo.InvariantCulture) + "m");

    /// <summary>Thousand-millionths of the base unit, written in the coarsest unit that is exact.</summary>
    public static Quantity FromNano(long nano) => nano % 1_000_000 == 0
        ? FromMilli(nano / 1_000_000)
        : new(nano / 1_000_000_000m, nano % 1000 == 0
            ? (nano / 1000).ToString(CultureInfo.InvariantCulture) + "u"
            : nano.ToString(CultureInfo.InvariantCulture) + "n");

    public static Quantity FromUnits(long units) => new(units, units.ToString(CultureInfo.InvariantCulture));

    /// <summary>A byte count, written in Ki when it divides evenly, as a kubelet writes memory.</summary>
    public static Quantity FromBytes(long bytes) =>
        bytes != 0 && bytes % 1024 == 0
            ? new(bytes, (bytes / 1024).ToString(CultureInfo.InvariantCulture) + "Ki")
            : FromUnits(bytes);

    /// <exception cref="FormatException">The text is not a quantity.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out var quantity)
            ? quantity
            : throw new FormatException(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");

    public static bool TryParse(string? text, out Quantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.'
            || (digits == 0 && text[0] is '+' or '-')))
        {
            digits++;
        }

        if (!decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out var number)
            || !TryScale(text.AsSpan(digits), out var scale))
        {
            return false;
        }

        quantity = new Quantity(
            scale > 1 && Math.Abs(number) > Most / scale ? Math.Sign(number) * Most : number * scale, text);
        return true;
    }

    public static Quantity operator +(Quantity left, Quantity right) => Add(left, right);

    public static bool operator <(Quantity left, Quantity right) => left.Value < right.Value;

    public static bool operator >(Quantity left, Quantity right) => left.Value > right.Value;

    public static bool operator <=(Quantity left, Quantity right) => left.Value <= right.Value;

    public static bool operator >=(Quantity left, Quantity right) => left.Value >= right.Value;

    public static bool operator ==(Quantity left, Quantity right) => left.Value == right.Value;

    public static bool operator !=(Quantity left, Quantity right) => left.Value != right.Value;

    public static Quantity Add(Quantity left, Quantity right)
    {
        var sum = Math.Clamp(left.Value + right.Value, -Most, Most);
        return decimal.IsInteger(sum)
            ? new Quantity(sum, sum.ToString("0", CultureInfo.InvariantCulture))
            : FromMilli(ToLong(sum * 1000));
    }

    public int CompareTo(Quantity other) => Value.CompareTo(other.Value);

    public bool Equals(Quantity other) => Value == other.Value;

    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    public override int GetHashCode() => Value.GetHashCode();

    public override string ToString() => _text ?? "0";

    private static long ToLong(decimal value) =>
        value >= long.MaxValue ? long.MaxValue : value <= long.MinValue ? long.MinValue : (long)decimal.Ceiling(value);

    private static bool TryScale(ReadOnlySpan<char> suffix, out decimal scale)
    {
        scale = suffix switch
        {
            "" => 1m,
            "n" => 1e-9m,
            "u" => 1e-6m,
            "m" => 1e-3m,
            "k" => 1e3m,
            "M" => 1e6m,
            "G" => 1e9m,
            "T" => 1e12m,
            "P" => 1e15m,
            "E" => 1e18m,
            "Ki" => 1024m,
            "Mi" => 1048576m,
            "Gi" => 1073741824m,
            "Ti" => 1099511627776m,
            "Pi" => 1125899906842624m,
            "Ei" => 1152921504606846976m,
            _ => 0m,
        };
        return scale != 0 || TryExponent(suffix, out scale);
    }

    private static bool TryExponent(ReadOnlySpan<char> suffix, out decimal scale)
    {
        scale = 0;
        if (suffix.Length < 2 || suffix[0] is not ('e' or 'E')
            || !int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power)
            || power is < -18 or > 18)
        {
            return false;
        }

        scale = 1;
        for (var step = 0; step < Math.Abs(power); step++)
        {
            scale = power > 0 ? scale * 10 : scale / 10;
        }

        return true;
    }
}

/// <summary>Reads a quantity from a string or a bare number, as Kubernetes does; writes its text.</summary>
public sealed class QuantityJson : JsonConverter<Quantity>
{
    public override Quantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
            JsonTokenType.None or JsonTokenType.StartObject or JsonTokenType.EndObject or JsonTokenType.StartArray
                or JsonTokenType.EndArray or JsonTokenType.PropertyName or JsonTokenType.Comment or JsonTokenType.True
                or JsonTokenType.False or JsonTokenType.Null => null,
        };
        return Quantity.TryParse(text, out var quantity)
            ? quantity
            : throw new JsonException($"'{text}' is not a quantity");
    }

    public override void Write(Utf8JsonWriter writer, Quantity value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
