using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Edge.Proto;

/// <summary>Reads the settings file: one YAML mapping of keys to a scalar or a list of scalars.</summary>
public static class SettingsFile
{
    /// <summary>Values by key; what is wrong goes to <paramref name="errors"/>, each with its line.</summary>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="yaml">Its text.</param>
    /// <param name="known">The keys there are, and whether each may have several values.</param>
    /// <param name="errors">Added to.</param>
    public static Dictionary<string, IReadOnlyList<string>> Read(
        string path, string yaml, IReadOnlyDictionary<string, bool> known, ICollection<string> errors)
    {
        var values = new Dictionary<string, IReadOnlyList<string>>();
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<DocumentStart>(out _) && !IsEmpty(parser))
            {
                ReadMapping(path, parser, known, values, errors);
            }
        }
        catch (YamlException broken)
        {
            errors.Add($"{path}:{broken.Start.Line}: not YAML: {broken.Message}");
        }

        return values;
    }

    private static bool IsEmpty(Parser parser) => parser.Accept<Scalar>(out var scalar) && scalar.Value.Length == 0;

    private static void ReadMapping(
        string path, Parser parser, IReadOnlyDictionary<string, bool> known,
        Dictionary<string, IReadOnlyList<string>> values, ICollection<string> errors)
    {
        if (!parser.TryConsume<MappingStart>(out _))
        {
            errors.Add($"{path}: must be a mapping of settings");
            return;
        }

        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var line = $"{path}:{key.Start.Line}";
            if (!known.TryGetValue(key.Value, out var repeats))
            {
                errors.Add($"{line}: unknown setting \"{key.Value}\"; known are {string.Join(", ", known.Keys)}");
                parser.SkipThisAndNestedEvents();
            }
            else if (ReadValues(parser) is not [_, ..] read || (read.Count > 1 && !repeats))
            {
                errors.Add($"{line}: {key.Value} must be {(repeats ? "a value or a list" : "one value")}");
            }
            else if (!values.TryAdd(key.Value, read))
            {
                errors.Add($"{line}: {key.Value} stands twice");
            }
        }
    }

    /// <summary>Null when the value is not a scalar or a list of scalars.</summary>
    private static List<string>? ReadValues(Parser parser)
    {
        if (parser.TryConsume<Scalar>(out var single))
        {
            return [single.Value];
        }

        if (!parser.TryConsume<SequenceStart>(out _))
        {
            parser.SkipThisAndNestedEvents();
            return null;
        }

        List<string>? items = [];
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.TryConsume<Scalar>(out var item))
            {
                items?.Add(item.Value);
            }
            else
            {
                parser.SkipThisAndNestedEvents();
                items = null;
            }
        }

        return items;
    }
}
