using System.Globalization;

namespace Edge.Server.Schema;

/// <summary>
/// Parses one type of a <c>.types</c> file. A line is <c>name number type flags… | text</c>, or
/// <c>inline number Type</c> for a part whose fields stand in the object itself; Kinds/README.md lists the flags.
/// </summary>
internal static class TypeReader
{
    /// <summary>Stands between a line's facts and its text for people.</summary>
    public const string TextMark = " | ";

    public static SchemaNode Read(string fullName, string block, TypeLibrary library)
    {
        var package = fullName[..fullName.LastIndexOf('.')];
        var lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var (header, description) = Halves(lines[0]);
        var fields = new List<SchemaField>();
        var inlines = new List<InlinePart>();
        foreach (var (left, text) in lines.Skip(1).Select(Halves))
        {
            var words = left.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "inline")
            {
                var part = library.Resolve(words[2], package);
                inlines.Add(new InlinePart(Int(words[1]), part));
                fields.AddRange(part.Fields.Select(field => field.AsInlined()));
                continue;
            }

            fields.Add(Field(words, text, () => library.Resolve(words[2], package)));
        }

        return new SchemaNode
        {
            Type = SchemaType.Object,
            Name = fullName,
            Description = description,
            Atomic = header.EndsWith(" atomic", StringComparison.Ordinal),
            Fields = fields,
            Inlines = inlines,
        };
    }

    private static SchemaField Field(string[] words, string text, Func<SchemaNode> node)
    {
        var flags = words.Skip(3).Select(Flag).ToDictionary(flag => flag.Key, flag => flag.Value);
        var keys = flags.GetValueOrDefault("map");
        var (min, max) = Bounds(flags);
        return new SchemaField(node)
        {
            Name = words[0],
            Number = Int(words[1]),
            Pointer = words[2].StartsWith('*'),
            Merge = flags.ContainsKey("merge"),
            MergeKey = flags.GetValueOrDefault("merge") ?? "",
            RetainKeys = flags.ContainsKey("retainKeys"),
            Replace = flags.ContainsKey("replace"),
            ListType = keys is not null ? ListType.Map : flags.ContainsKey("set") ? ListType.Set : ListType.Atomic,
            ListKeys = keys?.Split(',') ?? [],
            Atomic = flags.ContainsKey("atomic"),
            Granular = flags.ContainsKey("granular"),
            Required = flags.ContainsKey("required"),
            Listed = flags.ContainsKey("listed"),
            KeepZero = flags.ContainsKey("keep") || flags.ContainsKey("required") || flags.ContainsKey("listed"),
            Unsupported = flags.ContainsKey("unsupported"),
            Immutable = flags.ContainsKey("immutable"),
            Default = flags.GetValueOrDefault("default"),
            Enum = flags.GetValueOrDefault("enum")?.Split(',').Select(value => value.Trim('"')).ToList() ?? [],
            Format = flags.GetValueOrDefault("format") ?? "",
            Min = min,
            Max = max,
            Description = text,
        };
    }

    private static (long? Min, long? Max) Bounds(Dictionary<string, string> flags)
    {
        if (flags.TryGetValue("range", out var range))
        {
            var at = range.IndexOf("..", StringComparison.Ordinal);
            return (Int(range[..at]), Int(range[(at + 2)..]));
        }

        return (flags.TryGetValue("min", out var min) ? Int(min) : null, null);
    }

    private static (string Left, string Text) Halves(string line)
    {
        var bar = line.IndexOf(TextMark, StringComparison.Ordinal);
        return bar < 0 ? (line.Trim(), "") : (line[..bar].Trim(), line[(bar + TextMark.Length)..].Trim());
    }

    private static KeyValuePair<string, string> Flag(string word)
    {
        var at = word.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? new(word, "") : new(word[..at], word[(at + 1)..]);
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
