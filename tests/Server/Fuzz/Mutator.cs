using System.Text;

namespace Edge.Tests.Server.Fuzz;

/// <summary>Makes bad inputs of good ones: a few small changes, so that most of the input still makes sense.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> corpus)
{
    /// <summary>Larger inputs are cut back: what is wrong shows in small ones, and many of them can be tried.</summary>
    private const int LengthMax = 64 * 1024;

    /// <summary>What breaks parsers: ends of ranges and strings, other syntaxes, bytes that are no UTF-8.</summary>
    private static readonly byte[][] s_tokens =
    [
        .. new[]
        {
            "0", "-1", "1e999", "-0", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5",
            "2147483648", "79228162514264337593543950335", "0x7fffffffffffffff", "NaN", "1e-18", "100m", "1E", "1Ei",
            "null", "true", "\"\"", "[]", "{}", "[[", "{{", "\\", "\\u0000", "\\ud800", "\"", "'", ",", ":", "=", "!=",
            " in (", " notin (", ")", "!", "/", "~", "~1", "%", "%00", "*a", "&a ", "<<: ", "- ", "? ", "| ", "> ",
            "---\n", "...\n", "!!str ", "!!binary ", "\t", "\n", "\r", "\ufeff", "$patch", "$retainKeys",
            "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "metadata", "name", "namespace",
            "resourceVersion", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2024-02-30T00:00:00+99:99", "@yearly",
            "0 0 31 2 *", "292471y", "2540400h", "-5s", "..", "a\u0301", "\U0001F680", "İ",
        }.Select(Encoding.UTF8.GetBytes),
        [0x00], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x80],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ];

    public byte[] Next()
    {
        var bytes = new List<byte>(Pick(corpus));
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            Change(bytes);
        }

        return bytes.Count > LengthMax ? [.. bytes.Take(LengthMax)] : [.. bytes];
    }

    public string NextText() => Encoding.UTF8.GetString(Next());

    private void Change(List<byte> bytes)
    {
        var (at, length) = Part(bytes);
        switch (random.Next(9))
        {
            case 0 when bytes.Count > 0:
                bytes[Math.Min(at, bytes.Count - 1)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes.RemoveRange(at, length);
                break;
            case 2:
                bytes.InsertRange(at, Pick(s_tokens));
                break;
            case 3:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, Pick(s_tokens));
                break;
            case 4:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 5:
                // Deep and long: the same again and again.
                var part = length > 0 ? bytes.GetRange(at, Math.Min(length, 24)) : [.. Pick(s_tokens)];
                bytes.InsertRange(at, Enumerable.Repeat(part, random.Next(1, 400)).SelectMany(piece => piece));
                break;
            case 6:
                ReplaceWord(bytes, at);
                break;
            case 7:
                var other = Pick(corpus);
                var from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 200))]);
                break;
            default:
                bytes.RemoveRange(at, random.Next(20) == 0 ? bytes.Count - at : 0);
                break;
        }
    }

    /// <summary>One number or word becomes another: the input keeps its form and says something odd.</summary>
    private void ReplaceWord(List<byte> bytes, int at)
    {
        var start = at;
        while (start > 0 && IsWord(bytes[start - 1]))
        {
            start--;
        }

        var end = at;
        while (end < bytes.Count && IsWord(bytes[end]))
        {
            end++;
        }

        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, Pick(s_tokens));
    }

    private static bool IsWord(byte letter) =>
        char.IsAsciiLetterOrDigit((char)letter) || letter is (byte)'-' or (byte)'.';

    private (int At, int Length) Part(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        return (at, Math.Min(bytes.Count - at, random.Next(random.Next(8) == 0 ? 200 : 12)));
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];
}
